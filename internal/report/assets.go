package report

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"regexp"
	"strings"
	"sync"
)

//go:embed templates assets
var files embed.FS

// templates are those of all pages; what several show alike is in parts.html.
var templates = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("").Funcs(template.FuncMap{"dotted": dotted}).ParseFS(files, "templates/*.html"))
})

// dotted is a path that may be broken before the names in it; numbers stay with what they number.
func dotted(path string) template.HTML {
	return template.HTML(nameAfterDot().ReplaceAllString(template.HTMLEscapeString(path), ".<wbr>$1"))
}

var nameAfterDot = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\.([a-z])`) })

// asset is an embedded file, which is there.
func asset(name string) string {
	data, err := files.ReadFile("assets/" + name)
	if err != nil {
		panic(err)
	}
	return string(data)
}

// inlined are the style and the scripts of a page that needs no other file, and the policy that lets nothing else in.
func inlined(modules ...string) (style template.HTML, scripts []template.HTML, policy string) {
	policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src"
	for _, name := range modules {
		text := "\n" + strings.ReplaceAll(asset(name), "\nexport function", "\nfunction")
		digest := sha256.Sum256([]byte(text))
		policy += " 'sha256-" + base64.StdEncoding.EncodeToString(digest[:]) + "'"
		scripts = append(scripts, template.HTML(`<script type="module">`+text+"</script>"))
	}
	return template.HTML("<style>\n" + asset("page.css") + "</style>"), scripts, policy
}
