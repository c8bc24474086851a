//go:build !faults

package nsenter

import _ "embed"

//go:embed stage_arm64.bin
var stage string
