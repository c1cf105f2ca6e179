// Package documents answers fixed paths with fixed documents: Traefik cannot serve files.
package documents

import (
	"context"
	"net/http"
)

// Document is the answer to a path.
type Document struct {
	Status  int               `json:"status,omitempty"`
	Headers map[string]string `json:"headers,omitempty"`
	Body    string            `json:"body,omitempty"`
}

// Config is the middleware's configuration.
type Config struct {
	Documents map[string]Document `json:"documents,omitempty"`
}

// CreateConfig returns the defaults, which Traefik overwrites with the file's values.
func CreateConfig() *Config {
	return &Config{Documents: map[string]Document{}}
}

type documents struct {
	next      http.Handler
	documents map[string]Document
}

// New creates the middleware.
func New(_ context.Context, next http.Handler, config *Config, _ string) (http.Handler, error) {
	return &documents{next: next, documents: config.Documents}, nil
}

func (d *documents) ServeHTTP(answer http.ResponseWriter, request *http.Request) {
	document, known := d.documents[request.URL.Path]
	if !known {
		d.next.ServeHTTP(answer, request)
		return
	}
	for name, value := range document.Headers {
		answer.Header().Set(name, value)
	}
	answer.WriteHeader(document.Status)
	_, _ = answer.Write([]byte(document.Body))
}
