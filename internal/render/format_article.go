package render

import (
	"bufio"
	"io"
)

func init() {
	documents.Register("article", Format{
		Write: func(w io.Writer, v View, _ Look) error {
			out := bufio.NewWriter(w)
			if err := v.(ArticleView).Article(out); err != nil {
				return err
			}
			return out.Flush()
		},
		Fits: fits[ArticleView],
	})
}
