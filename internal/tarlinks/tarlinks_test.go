package tarlinks

import (
	"archive/tar"
	"fmt"
	"strings"
	"testing"
)

// TestNames: links have the bytes of the file of the tar that they lead to, and those that lead elsewhere none.
func TestNames(t *testing.T) {
	chain := []string{"c00=file"}
	for i := 1; i < 50; i++ {
		chain = append(chain, fmt.Sprintf("c%02d>c%02d", i, i-1))
	}
	for _, c := range []struct {
		name    string
		entries []string // NAME=file, NAME>symbolic link, NAME~hard link
		want    string   // the names of each file
		lost    int
	}{
		{"none", []string{"a=", "x/b="}, "a; x/b", 0},
		{"hard", []string{"x/a=", "x/b~x/a", "./c~./x/a"}, "x/a c x/b", 0},
		{"symbolic", []string{"x/b>a", "y/c>../x/a", "x/a=", "top>x/./a"}, "x/a top x/b y/c", 0},
		{"link to a link", []string{"a=", "b>a", "c~b", "x/d>../c"}, "a b c x/d", 0},
		{"outside", []string{"a=", "b>/a", "x/c>../../a", "d>../a", "e>..", "f~/etc/passwd", "g~../../a"}, "a g", 5},
		{"loop", []string{"a=", "b>c", "c>b", "d>d"}, "a", 3},
		{"nowhere", []string{"a=", "b>x", "x=/", "c~gone"}, "a", 2},
		{"the last counts", []string{"a=", "b=", "a>b", "c>b", "c="}, "; b a; c", 0},
		{"too long", chain, strings.TrimSpace("c00 " + names("c%02d", 1, 39)), 10},
		{"long", []string{"a=", strings.Repeat("b", mostBytes) + "~a"}, "a", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			var headers []*tar.Header
			for _, entry := range c.entries {
				at := strings.IndexAny(entry, "=>~")
				h := &tar.Header{Name: entry[:at], Linkname: entry[at+1:], Typeflag: map[byte]byte{'=': tar.TypeReg, '>': tar.TypeSymlink, '~': tar.TypeLink}[entry[at]]}
				if h.Linkname == "/" {
					h.Typeflag, h.Linkname = tar.TypeDir, ""
				}
				headers = append(headers, h)
			}
			var l Links
			for _, h := range headers {
				l.Note(h)
			}
			var got []string
			for _, h := range headers {
				if h.Typeflag == tar.TypeReg {
					got = append(got, strings.Join(l.Names(h), " "))
				}
			}
			if strings.Join(got, "; ") != c.want || l.Lost() != c.lost {
				t.Errorf("%s, %d lost; want %s, %d", strings.Join(got, "; "), l.Lost(), c.want, c.lost)
			}
		})
	}
}

func names(format string, from, to int) string {
	var all []string
	for i := from; i <= to; i++ {
		all = append(all, fmt.Sprintf(format, i))
	}
	return strings.Join(all, " ")
}
