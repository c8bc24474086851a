//go:build !faults

package nsenter

import _ "embed"

//go:embed stage_amd64.bin
var stage string
