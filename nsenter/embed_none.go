//go:build !amd64 && !arm64

package nsenter

var stage string
