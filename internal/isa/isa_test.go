package isa

import (
	"errors"
	"testing"
)

func TestChoose(t *testing.T) {
	for _, tt := range []struct {
		have   Level
		forced string
		want   Level
		err    string
	}{
		{AVX512, "", AVX512, ""},
		{AVX512, "avx2", AVX2, ""},
		{AVX2, "generic", Generic, ""},
		{Generic, "generic", Generic, ""},
		{AVX512VNNI, "avx512", AVX512, ""},
		{AVXVNNI, "", AVXVNNI, ""},
		{AVX512VNNI, "avxvnni", AVX512VNNI, "RESNET_KERNEL=avxvnni: this CPU or build cannot run it (the highest here is avx512vnni)"},
		{AVX2, "avx512", AVX2, "RESNET_KERNEL=avx512: this CPU or build cannot run it (the highest here is avx2)"},
		{AVX2, "AVX2", AVX2, "RESNET_KERNEL=AVX2: unknown level, want avx512vnni, avx512, avxvnni, avx2 or generic"},
	} {
		got, err := choose(tt.have.Includes, tt.forced)
		text := ""
		if err != nil {
			text = err.Error()
		}
		if got != tt.want || text != tt.err {
			t.Errorf("choose(%v, %q) = %v, %q; want %v, %q", tt.have, tt.forced, got, text, tt.want, tt.err)
		}
	}
}

func TestChooseWrapsUnavailable(t *testing.T) {
	if _, err := choose(Generic.Includes, "avx2"); !errors.Is(err, ErrUnavailable) {
		t.Errorf("choose: %v, want ErrUnavailable", err)
	}
}

func TestParse(t *testing.T) {
	for _, tt := range []struct{ name, err string }{
		{"generic", ""},
		{"avx2", ""},
		{"avx512", "avx512: this CPU or build cannot run it (the highest here is avx2)"},
		{"mmx", "mmx: unknown level, want avx512vnni, avx512, avxvnni, avx2 or generic"},
	} {
		l, err := parse(AVX2.Includes, tt.name)
		if err == nil && (tt.err != "" || l.String() != tt.name) || err != nil && err.Error() != tt.err {
			t.Errorf("parse(%q) = %v, %v; want the error %q", tt.name, l, err, tt.err)
		}
	}
}
