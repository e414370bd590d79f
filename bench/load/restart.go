package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// restart sends requests through a small proxy in front of two servers, and starts one after the other anew, over and over.
func restart(ctx context.Context, b *bench) error {
	var servers [2]*server
	proxy := &proxy{}
	for i := range servers {
		s, err := b.start(ctx, "")
		if err != nil {
			return err
		}
		servers[i] = s
		if proxy.to[i], err = url.Parse(s.url); err != nil {
			return err
		}
	}
	defer func() {
		for _, s := range servers {
			s.kill()
		}
	}()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go proxy.watch(ctx)
	front := httptest.NewServer(proxy.handler())
	defer front.Close()
	target := b.classify(front.URL + strings.TrimPrefix(servers[0].model, servers[0].url))
	rate := b.attack(ctx, target, asFastAs, callers, max(time.Second, b.duration/20), nil).rate() / 2

	done := make(chan outcome)
	go func() { done <- b.attack(ctx, target, perSecond(rate), 256, b.duration, nil) }()
	restarts := 0
	for {
		select {
		case o := <-done:
			b.want(restarts >= 2, "restart: of one of two servers", "≥ 2", "%d times", restarts)
			b.want(len(o.refused) == 0, "restart: answers meanwhile", "only 200", "%s", o)
			return nil
		case <-time.After(500 * time.Millisecond):
		}
		i := restarts % 2
		if err := servers[i].end(); err != nil {
			return fmt.Errorf("a server that was told to end: %w", err)
		}
		s, err := b.start(ctx, strings.TrimPrefix(servers[i].url, "http://"))
		if err != nil {
			return err
		}
		servers[i] = s
		restarts++
	}
}

// proxy sends requests to those of two servers that say that they are ready, in turns. It never sends one again.
type proxy struct {
	to    [2]*url.URL
	ready [2]atomic.Bool
	count atomic.Int64
}

// watch asks the servers whether they are ready, several times a second.
func (p *proxy) watch(ctx context.Context) {
	for ctx.Err() == nil {
		for i, to := range p.to {
			s := server{url: to.String()}
			p.ready[i].Store(s.ready())
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func (p *proxy) handler() http.Handler {
	return &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		i := int(p.count.Add(1) % 2)
		if !p.ready[i].Load() {
			i = 1 - i
		}
		r.SetURL(p.to[i])
	}}
}
