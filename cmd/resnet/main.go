// Command resnet traces tensors through residual networks and classifies images.
package main

import (
	"os"

	"resnet/internal/cli"
)

func main() {
	os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
