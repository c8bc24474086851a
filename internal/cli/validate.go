package cli

import (
	"bytes"
	"fmt"

	"rt/libcontainer/container"
)

var validateCommand = command{
	name:  "validate",
	brief: "check a bundle without starting anything",
	help: `Reads the bundle's config.json and prints one line for each error, unknown key and
setting that this host cannot honour, with its JSON path. The exit status is 1 if
there are errors, 0 if there are warnings only.`,
	setup: func(f *flagSet) action {
		bundle := "."
		var asJSON bool
		f.text(&bundle, "bundle", "b", "DIR", "the bundle (default: the working directory)")
		f.toggle(&asJSON, "json", "", "print the findings as JSON")
		return func(c *call) (int, error) {
			r, err := c.runtime()
			if err != nil {
				return 0, err
			}
			findings := r.Validate(bundle)
			if asJSON {
				if findings == nil {
					findings = []container.Finding{} // "[]", not "null"
				}
				err = c.printJSON(findings, "  ")
			} else {
				err = c.print(findingLines(findings))
			}
			if err != nil {
				return 0, err
			}
			return 0, verdict(bundle, findings)
		}
	},
}

func findingLines(findings []container.Finding) []byte {
	var b bytes.Buffer
	for _, f := range findings {
		line := f.Severity + ": "
		if f.Field != "" {
			line += f.Field + ": "
		}
		b.WriteString(oneLine(line+f.Message) + "\n")
	}
	return b.Bytes()
}

func verdict(bundle string, findings []container.Finding) error {
	errs := 0
	for _, f := range findings {
		if f.Severity == "error" {
			errs++
		}
	}
	if errs == 0 {
		return nil
	}
	return fmt.Errorf("bundle %s: %d errors, %d warnings", bundle, errs, len(findings)-errs)
}
