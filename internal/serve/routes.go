package serve

import (
	"net/http"
	"path"
	"slices"
	"strings"
)

// route is a path that is answered, and how.
type route struct {
	method, path string
	handler      http.Handler
}

// api are the routes of programs.
func (s *Server) api() []route {
	get := func(path string, answer func(*http.Request) (any, error)) route {
		return route{http.MethodGet, path, s.answer(answer)}
	}
	routes := []route{
		get("/v2", s.serverMetadata),
		get("/v2/health/live", s.live),
		{http.MethodGet, "/v2/health/ready", s.checked(s.serverReady)},
		get("/v2/models", s.modelList),
		{http.MethodGet, "/metrics", s.metrics.handler()},
		{http.MethodGet, "/openapi.json", http.HandlerFunc(openAPI)},
	}
	for _, model := range []string{"/v2/models/{model}", "/v2/models/{model}/versions/{version}"} {
		routes = append(routes,
			get(model, s.modelMetadata),
			route{http.MethodGet, model + "/ready", s.checked(s.modelReady)},
			route{http.MethodPost, model + "/infer", s.infer()},
		)
	}
	return append(routes,
		route{http.MethodPost, "/v2/models/{model}/classify", s.ofImages(s.classify, "top")},
		route{http.MethodPost, "/v2/models/{model}/trace", s.ofImages(s.trace, "stats", "time", "layers")},
		route{http.MethodPost, "/v2/models/{model}/features", s.ofImages(s.features, "layer")},
	)
}

// routes are all that is answered.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	methods := map[string][]string{}
	for _, r := range s.api() {
		mux.Handle(r.method+" "+r.path, r.handler)
		methods[r.path] = append(methods[r.path], r.method)
		if r.method == http.MethodGet {
			methods[r.path] = append(methods[r.path], http.MethodHead)
		}
	}
	for where, allowed := range methods { // any other method
		slices.Sort(allowed)
		mux.Handle(where, s.checked(func(w http.ResponseWriter, r *http.Request) error {
			w.Header().Set("Allow", strings.Join(allowed, ", "))
			return Failf(http.StatusMethodNotAllowed, "%s is not answered here, %s is", r.Method, strings.Join(allowed, " and "))
		}))
	}
	nothing := s.checked(func(http.ResponseWriter, *http.Request) error {
		return Failf(http.StatusNotFound, "there is nothing here")
	})
	mux.Handle("/", nothing)
	if s.config.Page != nil {
		static, views := s.config.Page(s)
		mux.Handle("GET /{$}", static)
		mux.Handle("GET /static/", static)
		mux.Handle("/view/", views)
	}
	return exact(mux, nothing)
}

// exact answers paths as they are written: ServeMux would send who writes //v2 or a dot segment elsewhere, which clients of
// the protocol do not follow.
func exact(next, otherwise http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if path.Clean(r.URL.Path) == strings.TrimSuffix(r.URL.Path, "/") || r.URL.Path == "/" {
			next.ServeHTTP(w, r)
		} else {
			otherwise.ServeHTTP(w, r)
		}
	})
}

// answer makes a handler of what is answered as JSON.
func (s *Server) answer(answer func(*http.Request) (any, error)) http.Handler {
	return s.checked(func(w http.ResponseWriter, r *http.Request) error {
		value, err := answer(r)
		if err != nil {
			return err
		}
		writeJSON(w, http.StatusOK, value)
		return nil
	})
}

// model is the one that a request's path names.
func (s *Server) model(r *http.Request) (*Model, error) {
	if v := r.PathValue("version"); v != "" && v != version {
		return nil, Failf(http.StatusNotFound, "there is no version of that name; the one of each model is "+version)
	}
	return s.Model(r.PathValue("model"))
}
