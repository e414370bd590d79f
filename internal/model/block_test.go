package model

import (
	"fmt"
	"strings"
	"testing"
)

// Registering a name that is taken would replace a block type without a word.
func TestRegisterBlockTwice(t *testing.T) {
	before := blockTypes["basic"].class
	defer func() {
		if said := fmt.Sprint(recover()); !strings.Contains(said, `"basic"`) {
			t.Errorf("registering basic again: %s, want a panic that names it", said)
		}
		if blockTypes["basic"].class != before {
			t.Error("the block type was replaced")
		}
	}()
	registerBlock("basic", blockType{class: "Other"})
}
