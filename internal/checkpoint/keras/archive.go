package keras

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"

	"resnet/internal/checkpoint/format"
)

// Entries of a .keras file.
const (
	metadataEntry = "metadata.json"
	configEntry   = "config.json"
	weightsEntry  = "model.weights.h5"
)

const (
	maxEntries = 4096
	maxText    = 64 << 20 // bytes of config.json; ResNet-152 has half a million
)

var zipSignature = []byte("PK\x03\x04")

// sniffArchive looks at the name of the first entry.
func sniffArchive(head []byte) bool {
	if !bytes.HasPrefix(head, zipSignature) || len(head) < 30 {
		return false
	}
	for _, name := range []string{metadataEntry, configEntry, weightsEntry} {
		if bytes.HasPrefix(head[30:], []byte(name)) {
			return true
		}
	}
	return false
}

// archive reads the texts of a .keras file and finds the HDF5 file in it. Another file is that file itself.
func (k *Reader) archive(r io.ReaderAt, size int64) (io.ReaderAt, int64, error) {
	head := make([]byte, min(size, 64))
	if _, err := r.ReadAt(head, 0); err != nil && err != io.EOF {
		return nil, 0, err
	}
	if !bytes.HasPrefix(head, zipSignature) {
		return r, size, nil
	}
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, 0, format.Errorf(Name, -1, "the zip file is damaged: %v (truncated download?)", err)
	}
	if len(z.File) > maxEntries {
		return nil, 0, format.Errorf(Name, -1, "the zip file has more than %d entries", maxEntries)
	}
	entries := map[string]*zip.File{}
	for _, f := range z.File {
		if entries[f.Name] != nil {
			return nil, 0, format.Errorf(Name, -1, "the zip file has two entries %q", f.Name)
		}
		entries[f.Name] = f
	}
	if err := k.texts(entries, size); err != nil {
		return nil, 0, err
	}
	return section(r, size, entries[weightsEntry])
}

// section is an entry that is stored as it is, so that it can be read at any place.
func section(r io.ReaderAt, size int64, f *zip.File) (io.ReaderAt, int64, error) {
	switch {
	case f == nil:
		return nil, 0, format.Errorf(Name, -1, "the zip file has no %s", weightsEntry)
	case f.Method != zip.Store || f.Flags&1 != 0:
		return nil, 0, format.Errorf(Name, -1, "%s is compressed or encrypted, which Keras does not do: unpack the file and open %s", f.Name, f.Name)
	}
	start, err := f.DataOffset()
	n := f.UncompressedSize64
	if err != nil || start > size || n > uint64(size-start) {
		return nil, 0, format.Errorf(Name, -1, "%s lies outside the file of %d bytes (truncated download?)", f.Name, size)
	}
	return io.NewSectionReader(r, start, int64(n)), int64(n), nil
}

// texts reads the model's description and the version of Keras.
func (k *Reader) texts(entries map[string]*zip.File, size int64) error {
	config, err := text(entries[configEntry], size)
	if err != nil {
		return err
	}
	about, err := text(entries[metadataEntry], size)
	if err != nil {
		return err
	}
	var metadata map[string]any
	if json.Unmarshal(about, &metadata) == nil {
		for key, value := range metadata {
			if s, ok := value.(string); ok {
				k.metadata[key] = s
			}
		}
	}
	k.config = string(config)
	return nil
}

// text reads an entry, which may be no larger than the file, compressed or not. The checksum is compared.
func text(f *zip.File, size int64) ([]byte, error) {
	if f == nil {
		return nil, nil
	}
	limit := min(size, maxText)
	r, err := f.Open()
	if err == nil {
		defer r.Close()
		var b bytes.Buffer
		if _, err = io.Copy(&b, io.LimitReader(r, limit+1)); err == nil && int64(b.Len()) <= limit {
			return b.Bytes(), nil
		}
	}
	if err == nil {
		return nil, format.Errorf(Name, -1, "%s is longer than %d bytes", f.Name, limit)
	}
	return nil, format.Errorf(Name, -1, "%s: %v", f.Name, err)
}
