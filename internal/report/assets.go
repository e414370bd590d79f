package report

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"strings"
	"sync"
	"unicode"
)

//go:embed templates assets
var files embed.FS

// templates are those of all pages; what several show alike is in parts.html.
var templates = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("").Funcs(template.FuncMap{"breakable": breakable}).ParseFS(files, "templates/*.html"))
})

// breakable is a name or a path that may be broken between its parts, and elsewhere only where a part has no room; numbers
// behind a dot stay with what they number.
func breakable(name string) template.HTML {
	var out strings.Builder
	previous := ' '
	for _, r := range name {
		if strings.ContainsRune("/_-", previous) || previous == '.' && unicode.IsLetter(r) {
			out.WriteString("<wbr>")
		}
		template.HTMLEscape(&out, []byte(string(r)))
		previous = r
	}
	return template.HTML(out.String())
}

// asset is an embedded file, which is there.
func asset(name string) string {
	data, err := files.ReadFile("assets/" + name)
	if err != nil {
		panic(err)
	}
	return string(data)
}

// inlined are the style and the script of a page that needs no other file, and the policy that lets nothing else in. The
// modules become one, in an order in which none needs a later one to begin.
func inlined(modules ...string) (style, script template.HTML, policy string) {
	text := "\n"
	for _, name := range modules {
		for line := range strings.Lines(asset(name)) {
			if !strings.HasPrefix(line, "import ") {
				text += strings.TrimPrefix(line, "export ")
			}
		}
	}
	digest := sha256.Sum256([]byte(text))
	policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-" + base64.StdEncoding.EncodeToString(digest[:]) + "'"
	return template.HTML("<style>\n" + asset("page.css") + "</style>"), template.HTML(`<script type="module">` + text + "</script>"), policy
}
