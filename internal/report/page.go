package report

import (
	"bytes"
	"io/fs"
)

// Page is the page of a server, which loads what is in Static from below /static/.
func Page() []byte {
	var out bytes.Buffer
	if err := templates().ExecuteTemplate(&out, "page", nil); err != nil {
		panic(err) // it is the same each time
	}
	return out.Bytes()
}

// Static are the style and the scripts of pages, and a photo to begin with.
func Static() fs.FS {
	static, err := fs.Sub(files, "assets")
	if err != nil {
		panic(err)
	}
	return static
}
