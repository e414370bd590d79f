package docs

import (
	"cmp"
	"strings"
	"testing"
)

func TestReplace(t *testing.T) {
	const body = "| a |\n| - |\n\nend"
	for _, test := range []struct{ name, document, want string }{
		{
			"plain",
			"# T\n\n<!-- resnet: summary --arch 34 -->\n<!-- /resnet -->\n\nafter\n",
			"# T\n\n<!-- resnet: summary --arch 34 -->\n\n| a |\n| - |\n\nend\n\n<!-- /resnet -->\n\nafter\n",
		},
		{
			"what stood there goes",
			"<!-- resnet: summary --arch 34 -->\n\n| old |\n| --- |\n\n<!-- /resnet -->",
			"<!-- resnet: summary --arch 34 -->\n\n| a |\n| - |\n\nend\n\n<!-- /resnet -->",
		},
		{
			"CRLF",
			"<!-- resnet: summary --arch 34 -->\r\n<!-- /resnet -->\r\n",
			"<!-- resnet: summary --arch 34 -->\r\n\r\n| a |\r\n| - |\r\n\r\nend\r\n\r\n<!-- /resnet -->\r\n",
		},
		{
			"no space in the marks",
			"<!--resnet:summary --arch 34-->\n<!--/resnet-->\n",
			"<!--resnet:summary --arch 34-->\n\n| a |\n| - |\n\nend\n\n<!--/resnet-->\n",
		},
		{
			"list",
			"- item\n\n  <!-- resnet: summary --arch 34 -->\n  <!-- /resnet -->\n",
			"- item\n\n  <!-- resnet: summary --arch 34 -->\n\n  | a |\n  | - |\n\n  end\n\n  <!-- /resnet -->\n",
		},
		{
			"list item's own line",
			"10. <!-- resnet: summary --arch 34 -->\n    <!-- /resnet -->\n",
			"10. <!-- resnet: summary --arch 34 -->\n\n    | a |\n    | - |\n\n    end\n\n    <!-- /resnet -->\n",
		},
		{
			"quotation",
			"> <!-- resnet: summary --arch 34 -->\n> <!-- /resnet -->\n",
			"> <!-- resnet: summary --arch 34 -->\n>\n> | a |\n> | - |\n>\n> end\n>\n> <!-- /resnet -->\n",
		},
		{
			"details",
			"<details>\n<!-- resnet: summary --arch 34 -->\n<!-- /resnet -->\n</details>\n",
			"<details>\n<!-- resnet: summary --arch 34 -->\n\n| a |\n| - |\n\nend\n\n<!-- /resnet -->\n</details>\n",
		},
		{
			"MDX marks",
			"text\n\n{/* resnet: summary --arch 34 */}\n{/* /resnet */}\n",
			"text\n\n{/* resnet: summary --arch 34 */}\n\n| a |\n| - |\n\nend\n\n{/* /resnet */}\n",
		},
		{
			"MDX marks in a list, right after a paragraph",
			"- text\n  {/* resnet: summary --arch 34 */}\n  {/* /resnet */}\n",
			"- text\n  {/* resnet: summary --arch 34 */}\n\n  | a |\n  | - |\n\n  end\n\n  {/* /resnet */}\n",
		},
		{
			"byte-order mark before a mark",
			"\ufeff<!-- resnet: summary --arch 34 -->\n<!-- /resnet -->\n",
			"\ufeff<!-- resnet: summary --arch 34 -->\n\n| a |\n| - |\n\nend\n\n<!-- /resnet -->\n",
		},
		{
			"byte-order mark before a fence",
			"\ufeff```md\n<!-- resnet: summary -->\nmine\n<!-- /resnet -->\n```\n\n<!-- resnet: summary --arch 34 -->\n<!-- /resnet -->\n",
			"\ufeff```md\n<!-- resnet: summary -->\nmine\n<!-- /resnet -->\n```\n\n<!-- resnet: summary --arch 34 -->\n\n| a |\n| - |\n\nend\n\n<!-- /resnet -->\n",
		},
		{
			"front matter",
			"---\na: |\n  <!-- resnet: summary -->\n  text\n  <!-- /resnet -->\n---\n\n<!-- resnet: summary --arch 34 -->\n<!-- /resnet -->\n",
			"---\na: |\n  <!-- resnet: summary -->\n  text\n  <!-- /resnet -->\n---\n\n<!-- resnet: summary --arch 34 -->\n\n| a |\n| - |\n\nend\n\n<!-- /resnet -->\n",
		},
		{
			"after a paragraph and after a closed fence",
			"```sh\nresnet\n```\ntext\n<!-- resnet: summary --arch 34 -->\n<!-- /resnet -->\n",
			"```sh\nresnet\n```\ntext\n<!-- resnet: summary --arch 34 -->\n\n| a |\n| - |\n\nend\n\n<!-- /resnet -->\n",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			for range 2 { // what was written is found again and stays
				blocks, err := Parse("x.md", []byte(test.document))
				if err != nil || len(blocks) != 1 || blocks[0].Command != "summary --arch 34" {
					t.Fatalf("blocks %+v, error %v, want one of summary --arch 34", blocks, err)
				}
				got := string(Replace([]byte(test.document), blocks, []string{body}))
				if got != test.want {
					t.Fatalf("got\n%q, want\n%q", got, test.want)
				}
				test.document = got
			}
		})
	}
}

func TestReplaceSeveral(t *testing.T) {
	const document = "a\n<!-- resnet: trace 18 -->\n<!-- /resnet -->\nb\n\n<!-- resnet: models -->\nx\n<!-- /resnet -->\nc\n"
	const want = "a\n<!-- resnet: trace 18 -->\n\none\n\n<!-- /resnet -->\nb\n\n<!-- resnet: models -->\n\ntwo\n\n<!-- /resnet -->\nc\n"
	blocks, err := Parse("x.md", []byte(document))
	if err != nil {
		t.Fatal(err)
	}
	if got := string(Replace([]byte(document), blocks, []string{"one\n", "two\n"})); got != want {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
	if blocks[0].Line != 2 || blocks[1].Line != 6 {
		t.Errorf("lines %d and %d, want 2 and 6", blocks[0].Line, blocks[1].Line)
	}
}

func TestMarksThatAreText(t *testing.T) {
	const pair = "<!-- resnet: summary -->\n<!-- /resnet -->\n"
	for name, document := range map[string]string{
		"fence":           "```html\n" + pair + "```\n",
		"tilde fence":     "~~~\n" + pair + "```\n" + pair + "~~~\n",
		"long fence":      "````\n```\n" + pair + "```\n" + pair + "````\n",
		"open fence":      "```\n" + pair,
		"fence in a list": "1. item\n\n   ```\n   <!-- resnet: summary -->\n   ```\n",
		"indented code":   "text\n\n    <!-- resnet: summary -->\n    <!-- /resnet -->\n",
		"code span":       "`<!-- resnet: summary -->` is a mark\n",
		"TOML":            "+++\r\na = \"\"\"\r\n" + pair + "\"\"\"\r\n+++\r\n",
		"metadata alone":  "---\n" + pair + "---",
		"MDX in a fence":  "```\n{/* resnet: summary */}\n{/* /resnet */}\n```\n",
		"other comments":  "<!-- resnets are nice -->\n\n<!-- toc -->\n",
	} {
		if blocks, err := Parse("x.md", []byte(document)); err != nil || len(blocks) != 0 {
			t.Errorf("%s: blocks %+v, error %v, want none", name, blocks, err)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for _, test := range []struct{ document, want, name string }{
		{"a\n\n<!-- resnet: models -->\n\ntext\n", "x.md:3: not closed", ""},
		{"a\r\n\r\n<!-- resnet: models -->\r\n", "x.md:3: not closed", ""},
		{"<!-- /resnet -->\n", "x.md:1: <!-- /resnet --> closes nothing", ""},
		{"a\n\n<!-- resnet summary 50 -->\n\n<!-- /resnet -->\n", "x.md:3: a colon is missing; write <!-- resnet: summary 50 -->", ""},
		{"<!-- resnet is a family --> of networks\n\n<!-- resnet: models -->\n<!-- /resnet -->\n\n<!-- /resnet -->\n", "x.md:6: <!-- /resnet --> closes nothing", ""},
		{"<!-- resnet: models -->\n\n<!-- resnet: trace -->\n\n<!-- /resnet -->\n", "x.md:3: a mark between those of line 1", ""},
		{"<!-- resnet: -->\n\n<!-- /resnet -->\n", "x.md:1: no command", ""},
		{"<!-- resnet: models --> <!-- /resnet -->\n", "x.md:1: a mark has a line of its own", ""},
		{"<!-- resnet:\nmodels -->\n", "x.md:1: a mark has a line of its own", ""},
		{"<!-- resnet: models -->\n<!-- /resnet -->\n", "x.mdx:1: MDX has no such comments; write {/* resnet: COMMAND */}", "x.mdx"},
		{"{/* resnet: models */}\n\n<!-- /resnet -->\n", "x.md:3: the mark of line 1 is closed by {/* /resnet */}", ""},
		{"{/* resnet: models */}\n", "x.md:1: not closed; write {/* /resnet */}", ""},
		{"---\na: 1\n---\n<!-- resnet: models -->\n", "x.md:4: not closed", ""},
		{"<!-- /resnet -->\n\n\n<!-- resnet: models -->", "x.md:4: not closed", ""},
	} {
		_, err := Parse(cmp.Or(test.name, "x.md"), []byte(test.document))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: error %v, want one with %q", test.document, err, test.want)
		}
	}
}

func TestFence(t *testing.T) {
	if got, want := Fence("text", "a \n```\n\n  b\n"), "````text\na\n```\n\n  b\n````"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("> - <!-- resnet: a -->\n> - <!-- /resnet -->\n"))
	f.Add([]byte("\t<!-- resnet: a -->\r\n```\n<!-- /resnet -->"))
	f.Fuzz(func(t *testing.T, document []byte) {
		blocks, err := Parse("x.md", document)
		if err != nil {
			return
		}
		bodies := make([]string, len(blocks))
		for i, b := range blocks {
			if b.start > b.end || b.Line < 1 {
				t.Fatalf("block %+v", b)
			}
			bodies[i] = "body"
		}
		Replace(document, blocks, bodies)
	})
}
