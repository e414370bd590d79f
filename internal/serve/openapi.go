package serve

import (
	_ "embed"
	"net/http"
)

// openAPIDocument describes all that is answered, in OpenAPI 3.1.
//
//go:embed openapi.json
var openAPIDocument []byte

func openAPI(w http.ResponseWriter, _ *http.Request) {
	writeBytes(w, http.StatusOK, "application/json", openAPIDocument)
}
