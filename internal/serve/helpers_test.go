package serve

import (
	"bytes"
	"mime/multipart"
	"net"
	"testing"
)

// formOf is a form with files, and its Content-Type.
func formOf(t *testing.T, files map[string][]byte) (body []byte, contentType string) {
	t.Helper()
	var out bytes.Buffer
	form := multipart.NewWriter(&out)
	for name, data := range files {
		part, err := form.CreateFormFile("image", name)
		if err == nil {
			_, err = part.Write(data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), form.FormDataContentType()
}

// listen is a listener on a port that is free.
func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener
}

// occupy takes all cores of a server, until leave is called.
func (s *Server) occupy() (leave func()) {
	n := s.config.Limits.Cores
	for range n {
		s.queue.line.enter(newPlace(nil))
	}
	return func() {
		for range n {
			s.queue.line.leave(1)
		}
	}
}
