package weights

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"os"
)

// chunk is how much is read, hashed and written at a time.
const chunk = 1 << 20

// hashFile is the sha256 of a file, and the size and time that it had all the while. seen, if not nil, is told how many
// bytes were hashed.
func hashFile(path string, seen func(done int64)) (string, os.FileInfo, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", nil, err
	}
	defer f.Close()
	before, err := f.Stat()
	if err != nil {
		return "", nil, err
	}
	h := sha256.New()
	if err := copyChunks(h, f, seen); err != nil {
		return "", nil, err
	}
	after, err := f.Stat()
	if err != nil {
		return "", nil, err
	}
	if after.Size() != before.Size() || !after.ModTime().Equal(before.ModTime()) {
		return "", nil, fmt.Errorf("%s changed while it was read; try again once nothing writes to it", path)
	}
	return sum(h), after, nil
}

func copyChunks(w io.Writer, r io.Reader, seen func(done int64)) error {
	buf, done := make([]byte, chunk), int64(0)
	for {
		n, err := r.Read(buf)
		if n > 0 {
			if _, err := w.Write(buf[:n]); err != nil {
				return err
			}
			done += int64(n)
			if seen != nil {
				seen(done)
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func sum(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }
