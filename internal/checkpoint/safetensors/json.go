package safetensors

import (
	"fmt"
	"strconv"
	"unicode/utf8"

	"resnet/internal/checkpoint/format"
)

// Name is the format's name in errors.
const Name = "safetensors"

// maxNesting bounds values that are skipped; a header proper nests three deep.
const maxNesting = 32

// A scanner reads JSON strictly and says at which byte of the file it stops understanding. encoding/json would let pass
// what must not: keys that come twice, keys in another case, broken UTF-8 and lone surrogates, and it would build values
// that nobody wants.
type scanner struct {
	data   []byte
	pos    int
	base   int64  // where data starts in the file
	format string // for errors
}

func (s *scanner) fail(rule string, args ...any) error {
	return format.Errorf(s.format, s.base+int64(s.pos), rule, args...)
}

// peek skips white space and returns the next byte; 0 at the end.
func (s *scanner) peek() byte {
	for ; s.pos < len(s.data); s.pos++ {
		switch c := s.data[s.pos]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

func (s *scanner) expect(c byte) error {
	if s.peek() != c {
		return s.fail("this is not the JSON it must be: want %q here", c)
	}
	s.pos++
	return nil
}

// object calls member with every key; member reads the value.
func (s *scanner) object(member func(key string) error) error {
	if err := s.expect('{'); err != nil {
		return err
	}
	if s.peek() == '}' {
		s.pos++
		return nil
	}
	for {
		key, err := s.str()
		if err != nil {
			return err
		}
		if err := s.expect(':'); err != nil {
			return err
		}
		if err := member(key); err != nil {
			return err
		}
		if s.peek() != ',' {
			return s.expect('}')
		}
		s.pos++
	}
}

// array calls element at the start of every element.
func (s *scanner) array(element func() error) error {
	if err := s.expect('['); err != nil {
		return err
	}
	if s.peek() == ']' {
		s.pos++
		return nil
	}
	for {
		if err := element(); err != nil {
			return err
		}
		if s.peek() != ',' {
			return s.expect(']')
		}
		s.pos++
	}
}

// integer reads a number that must be one of 0, 1, 2 … 2⁶³-1: digits and nothing else.
func (s *scanner) integer() (int64, error) {
	s.peek()
	start := s.pos
	for s.pos < len(s.data) && '0' <= s.data[s.pos] && s.data[s.pos] <= '9' {
		s.pos++
	}
	digits := s.data[start:s.pos]
	if s.pos < len(s.data) {
		switch s.data[s.pos] {
		case '.', 'e', 'E', '-', '+':
			digits = nil
		}
	}
	if len(digits) == 0 || len(digits) > 19 || len(digits) > 1 && digits[0] == '0' {
		s.pos = start
		return 0, s.fail("want an integer that is not negative")
	}
	n, err := strconv.ParseInt(string(digits), 10, 64)
	if err != nil {
		s.pos = start
		return 0, s.fail("the number %s is too large", digits)
	}
	return n, nil
}

// skip passes over any value.
func (s *scanner) skip(depth int) error {
	if depth > maxNesting {
		return s.fail("values nest deeper than %d", maxNesting)
	}
	switch c := s.peek(); c {
	case '{':
		return s.object(func(string) error { return s.skip(depth + 1) })
	case '[':
		return s.array(func() error { return s.skip(depth + 1) })
	case '"':
		_, err := s.str()
		return err
	case 't':
		return s.word("true")
	case 'f':
		return s.word("false")
	case 'n':
		return s.word("null")
	default:
		return s.number()
	}
}

func (s *scanner) word(w string) error {
	if len(s.data)-s.pos < len(w) || string(s.data[s.pos:s.pos+len(w)]) != w {
		return s.fail("want a JSON value here")
	}
	s.pos += len(w)
	return nil
}

// number passes over -?int(.digits)?([eE][+-]?digits)?
func (s *scanner) number() error {
	start := s.pos
	digits := func() bool {
		from := s.pos
		for s.pos < len(s.data) && '0' <= s.data[s.pos] && s.data[s.pos] <= '9' {
			s.pos++
		}
		return s.pos > from
	}
	at := func(set string) bool {
		for i := range len(set) {
			if s.pos < len(s.data) && s.data[s.pos] == set[i] {
				s.pos++
				return true
			}
		}
		return false
	}
	at("-")
	ok := at("0") || digits()
	if ok && at(".") {
		ok = digits()
	}
	if ok && at("eE") {
		at("+-")
		ok = digits()
	}
	if !ok {
		s.pos = start
		return s.fail("want a JSON value here")
	}
	return nil
}

// str reads a string.
func (s *scanner) str() (string, error) {
	if err := s.expect('"'); err != nil {
		return "", err
	}
	start := s.pos
	for ; s.pos < len(s.data); s.pos++ {
		switch c := s.data[s.pos]; {
		case c == '"':
			text := s.data[start:s.pos]
			if i := invalidUTF8(text); i >= 0 {
				s.pos = start + i
				return "", s.fail("a string is not valid UTF-8")
			}
			s.pos++
			return string(text), nil
		case c == '\\':
			return s.escaped(start)
		case c < ' ':
			return "", s.fail("a control character in a string")
		}
	}
	return "", s.fail("the JSON ends inside a string")
}

// escaped goes on with a string, that began at start, at its first backslash.
func (s *scanner) escaped(start int) (string, error) {
	text := append([]byte(nil), s.data[start:s.pos]...)
	for s.pos < len(s.data) {
		c := s.data[s.pos]
		switch {
		case c == '"':
			if invalidUTF8(text) >= 0 {
				return "", s.fail("a string is not valid UTF-8")
			}
			s.pos++
			return string(text), nil
		case c == '\\':
			r, err := s.escape()
			if err != nil {
				return "", err
			}
			text = utf8.AppendRune(text, r)
		case c < ' ':
			return "", s.fail("a control character in a string")
		default:
			text = append(text, c)
			s.pos++
		}
	}
	return "", s.fail("the JSON ends inside a string")
}

var escapes = map[byte]rune{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// escape reads one escape; a pair of surrogates is one rune, a lone one an error.
func (s *scanner) escape() (rune, error) {
	if s.pos+1 < len(s.data) {
		if r, ok := escapes[s.data[s.pos+1]]; ok {
			s.pos += 2
			return r, nil
		}
	}
	r, ok := s.unit(s.pos)
	if !ok {
		return 0, s.fail("an unknown escape in a string")
	}
	if r < 0xd800 || r > 0xdfff {
		s.pos += 6
		return r, nil
	}
	low, ok := s.unit(s.pos + 6)
	if !ok || r > 0xdbff || low < 0xdc00 || low > 0xdfff {
		return 0, s.fail("half a surrogate pair in a string")
	}
	s.pos += 12
	return (r-0xd800)<<10 + (low - 0xdc00) + 0x10000, nil
}

// unit reads \uXXXX at pos.
func (s *scanner) unit(pos int) (rune, bool) {
	if pos+6 > len(s.data) || s.data[pos] != '\\' || s.data[pos+1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(s.data[pos+2:pos+6]), 16, 16)
	return rune(n), err == nil
}

// invalidUTF8 is the index of the first byte that is not UTF-8; -1: none.
func invalidUTF8(b []byte) int {
	if utf8.Valid(b) {
		return -1
	}
	for i := 0; ; {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
}

// quote writes a JSON string.
func quote(dst []byte, text string) []byte {
	dst = append(dst, '"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r < ' ':
			dst = fmt.Appendf(dst, `\u%04x`, r)
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return append(dst, '"')
}
