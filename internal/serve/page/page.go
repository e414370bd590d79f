// Package page is what a browser is shown of a server: photos are classified and followed through the network, and what a layer
// does is computed when somebody looks at it.
package page

import (
	"bytes"
	"context"
	"io/fs"
	"net/http"
	"net/url"
	"sync"

	"resnet/internal/nets"
	"resnet/internal/report"
	"resnet/internal/serve"
)

// Handlers are those of serve.Config.Page.
func Handlers(s *serve.Server) (static, views http.Handler) {
	p := &page{server: s, cameras: map[string]*nets.Camera{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /view/models", p.models)
	mux.Handle("POST /view/classify", p.view(p.classify))
	mux.Handle("POST /view/trace", p.view(p.trace))
	mux.Handle("POST /view/layer", p.view(p.layer))
	return files(), mux
}

// files are the page itself and what it loads: nothing that is not in the program.
func files() http.Handler {
	index, static := report.Page(), report.Static()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Cache-Control", "no-cache")
		_, _ = w.Write(index) // who does not read it is gone
	})
	mux.HandleFunc("GET /static/{name}", func(w http.ResponseWriter, r *http.Request) {
		name := r.PathValue("name")
		if _, err := fs.Stat(static, name); err != nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Cache-Control", "no-cache")
		http.ServeFileFS(w, r, static, name)
	})
	return mux
}

type page struct {
	server *serve.Server

	mu      sync.Mutex
	cameras map[string]*nets.Camera // by model: the class weights are read once
}

// view makes the handler of a part of the page: of a model and a photo, which is the body. It writes HTML.
func (p *page) view(make func(ctx context.Context, m *serve.Model, photo *nets.Image, query url.Values) (part, error)) http.Handler {
	return p.server.Bounded(func(w http.ResponseWriter, r *http.Request, body []byte) error {
		query := r.URL.Query()
		m, err := p.server.Model(query.Get("model"))
		if err != nil {
			return err
		}
		if len(body) == 0 {
			return serve.Failf(http.StatusBadRequest, "the body is empty, want an image")
		}
		var out bytes.Buffer
		photo := &nets.Image{Name: query.Get("name"), Data: body}
		if err := p.server.Run(r.Context(), func(ctx context.Context) error {
			part, err := make(ctx, m, photo, query)
			if err != nil {
				return err
			}
			return part(&out)
		}); err != nil {
			return err
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		_, _ = w.Write(out.Bytes())
		return nil
	})
}

// model is a network as the page lists it.
type model struct {
	Name    string `json:"name"`
	Title   string `json:"title"`
	Trained bool   `json:"trained"`
	Caution string `json:"caution,omitempty"` // of random weights
}

// models lists them.
func (p *page) models(w http.ResponseWriter, _ *http.Request) {
	list := []model{}
	for _, m := range p.server.Models() {
		one := model{Name: m.Name, Title: m.Net.Arch.Spec.Title(), Trained: m.Predictor != nil}
		if m.Predictor != nil {
			one.Title = m.Predictor.Title()
		} else {
			one.Caution = caution(m)
		}
		list = append(list, one)
	}
	writeJSON(w, list)
}
