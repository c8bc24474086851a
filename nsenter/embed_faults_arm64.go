//go:build faults

package nsenter

import _ "embed"

//go:embed stage_arm64_faults.bin
var stage string
