package cli

import (
	"io"

	"github.com/spf13/cobra"
)

// bashFallbacks are, in short, what a completion script needs of the package bash-completion, for where that is not
// installed: without them every Tab prints an error.
const bashFallbacks = `# Short versions of what bash-completion has, for where it is not installed.
if ! declare -F _get_comp_words_by_ref >/dev/null 2>&1; then
    _get_comp_words_by_ref() {
        local line=${COMP_LINE:0:$COMP_POINT}
        read -ra words <<<"$line"
        [[ $line == *[[:space:]] ]] && words+=("")
        cword=$((${#words[@]} - 1))
        cur=${words[cword]} prev=${words[cword > 0 ? cword - 1 : 0]}
    }
fi
if ! declare -F _filedir >/dev/null 2>&1; then
    _filedir() {
        local kind=-f name
        [[ ${1-} == -d ]] && kind=-d
        COMPREPLY=()
        while IFS= read -r name; do COMPREPLY+=("$name"); done < <(compgen "$kind" -- "$cur")
        compopt -o filenames 2>/dev/null
        return 0
    }
fi

`

// addBashFallbacks puts them before the script that cobra writes for bash.
func addBashFallbacks(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	bash, _, err := root.Find([]string{"completion", "bash"})
	if err != nil {
		panic(err) // cobra has just added it
	}
	write := bash.RunE
	bash.RunE = func(cmd *cobra.Command, args []string) error {
		if _, err := io.WriteString(cmd.Root().OutOrStdout(), bashFallbacks); err != nil {
			return err
		}
		return write(cmd, args)
	}
}
