package printable

import "testing"

func TestName(t *testing.T) {
	for name, want := range map[string]string{
		"layer1.0.conv1.weight":   "layer1.0.conv1.weight",
		`C:\photos\"Käfer" 1.jpg`: `C:\photos\"Käfer" 1.jpg`,
		"写真\u3000一.jpg":           "写真\u3000一.jpg",
		"a\nb":                    `"a\nb"`,
		"a\x1b[31mb":              `"a\x1b[31mb"`,
		"a\u009b2Jb":              `"a\u009b2Jb"`,
		"a\xffb":                  `"a\xffb"`,
		"a\u202egnp.exe":          `"a\u202egnp.exe"`,
		"a\u061cb":                `"a\u061cb"`,
		"a\u2028b":                `"a\u2028b"`,
	} {
		if got := Name(name); got != want {
			t.Errorf("%q: %s, want %s", name, got, want)
		}
	}
}
