package compile_test

import (
	"strings"
	"testing"
)

// against is what changes from one listing to another: lines that are new with a
// +, lines that are gone with a -, and the line in front of each change.
func against(base, text string, short bool) string {
	if !short || strings.HasPrefix(text, "error: ") {
		return text
	}
	a, b := unnumbered(base), unnumbered(text)
	common := commonLines(a, b)
	var out strings.Builder
	i, j, shown := 0, 0, -1
	for i < len(a) || j < len(b) {
		if i < len(a) && j < len(b) && a[i] == b[j] && common[i][j] == common[i+1][j+1]+1 {
			i, j = i+1, j+1
			continue
		}
		if j > 0 && shown != j-1 {
			out.WriteString("  " + b[j-1] + "\n")
		}
		if j < len(b) && (i == len(a) || common[i][j+1] >= common[i+1][j]) {
			out.WriteString("+ " + b[j] + "\n")
			shown, j = j, j+1
		} else {
			out.WriteString("- " + a[i] + "\n")
			shown, i = j-1, i+1
		}
	}
	return out.String()
}

// unnumbered takes the index off each operation of a listing.
func unnumbered(text string) []string {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for i, line := range lines {
		if rest := strings.TrimLeft(line, " 0123456789"); !strings.HasPrefix(line, "warning: ") {
			lines[i] = rest
		}
	}
	return lines
}

// commonLines has at [i][j] how many lines a[i:] and b[j:] have in common, in order.
func commonLines(a, b []string) [][]int {
	n := make([][]int, len(a)+1)
	for i := range n {
		n[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if n[i][j] = max(n[i+1][j], n[i][j+1]); a[i] == b[j] {
				n[i][j] = n[i+1][j+1] + 1
			}
		}
	}
	return n
}

func TestADifferenceShowsWhatIsNewAndGone(t *testing.T) {
	const base = "  0 init   a\n  1 init   b\n  2 init   c\n"
	for _, tc := range []struct{ text, want string }{
		{base, ""},
		{"  0 init   a\n  1 init   x\n  2 init   y\n  3 init   c\nwarning: 1 w\n",
			"  init   a\n+ init   x\n+ init   y\n- init   b\n  init   c\n+ warning: 1 w\n"},
		{"  0 init   x\n  1 init   a\n  2 init   b\n", "+ init   x\n  init   b\n- init   c\n"},
		{"error: e\n", "error: e\n"},
	} {
		if got := against(base, tc.text, true); got != tc.want {
			t.Errorf("got\n%swant\n%s", got, tc.want)
		}
	}
}
