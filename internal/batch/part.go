package batch

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"

	"resnet/internal/atomicfile"
)

// part is a file of results that is being written, and has its name once it is whole.
type part struct {
	writer
	file  *atomicfile.File
	out   *bufio.Writer
	sum   hash.Hash
	bytes int64
}

func newPart(path, format, command string) (*part, error) {
	f, err := parts.Writer(format)
	if err != nil {
		return nil, err
	}
	file, err := atomicfile.Create(path)
	if err != nil {
		return nil, err
	}
	p := &part{file: file, sum: sha256.New()}
	p.out = bufio.NewWriterSize(p, 64<<10)
	if p.writer, err = f.writer(p.out, command); err != nil {
		return nil, errors.Join(err, file.Cleanup())
	}
	return p, nil
}

// Write writes bytes that are in no buffer any more.
func (p *part) Write(b []byte) (int, error) {
	n, err := p.file.Write(b)
	p.sum.Write(b[:n])
	p.bytes += int64(n)
	return n, err
}

// finish writes what is left; the file may be committed then.
func (p *part) finish() error {
	if err := p.close(); err != nil {
		return err
	}
	return p.out.Flush()
}

func (p *part) digest() string { return hex.EncodeToString(p.sum.Sum(nil)) }

// openPart opens a part to read its results, which has the digest that the manifest says.
func openPart(path, format, command string, bytes int64, digest string) (reader, *os.File, error) {
	f, info, err := openRegular(path)
	if err != nil {
		return nil, nil, err
	}
	r, err := func() (reader, error) {
		if bytes >= 0 && info.Size() != bytes {
			return nil, &DamagedError{path, fmt.Errorf("has %d bytes, and the manifest says %d", info.Size(), bytes)}
		}
		sum := sha256.New()
		if _, err := io.Copy(sum, f); err != nil {
			return nil, err
		}
		if hex.EncodeToString(sum.Sum(nil)) != digest {
			return nil, &DamagedError{path, errors.New("has another digest than the manifest says")}
		}
		part, err := parts.Writer(format)
		if err != nil {
			return nil, err
		}
		r, err := part.reader(f, info.Size(), command)
		if err != nil {
			return nil, &DamagedError{path, err}
		}
		return r, nil
	}()
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return r, f, nil
}
