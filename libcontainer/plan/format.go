package plan

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"rt/libcontainer/plan/optable"
)

// String is the listing: one operation a line, with its lane, its operands and
// the configuration field it comes from. Goldens and `rt plan` show it.
func (p *Plan) String() string {
	var b strings.Builder
	for i := range p.Ops {
		p.line(&b, i)
		b.WriteByte('\n')
	}
	return b.String()
}

func (p *Plan) line(b *strings.Builder, i int) {
	op := &p.Ops[i]
	start := b.Len()
	fmt.Fprintf(b, "%3d %-6s %s", i, op.Lane, p.Text(op))
	if op.Origin != "" {
		if pad := 72 - (b.Len() - start); pad > 0 {
			b.WriteString(strings.Repeat(" ", pad))
		}
		b.WriteString(" ; " + op.Origin)
	}
}

// Text is an operation and its operands, without lane and origin.
func (p *Plan) Text(op *Op) string {
	def := op.Code.Def()
	var b strings.Builder
	b.WriteString(def.Name)
	for i := range def.Args {
		if i >= len(op.Args) {
			break
		}
		b.WriteByte(' ')
		b.WriteString(def.Args[i].Name + "=" + p.arg(def.Args[i].Kind, &op.Args[i]))
	}
	return b.String()
}

// longest is how much of a string or buffer a listing shows.
const longest = 160

func (p *Plan) arg(k optable.Kind, a *Arg) string {
	switch k {
	case optable.Oct:
		return "0" + strconv.FormatUint(a.Num, 8)
	case optable.Hex:
		return "0x" + strconv.FormatUint(a.Num, 16)
	case optable.Fd, optable.Dst:
		return p.SlotName(a.Slot)
	case optable.Str:
		return quote(a.Str)
	case optable.Strs:
		parts := make([]string, len(a.List))
		for i, s := range a.List {
			parts[i] = quote(s)
		}
		return "[" + strings.Join(parts, " ") + "]"
	case optable.Bytes:
		return showBytes(a.Data)
	default:
		return strconv.FormatUint(a.Num, 10)
	}
}

func quote(s string) string {
	if len(s) > longest {
		return strconv.Quote(s[:longest]) + "..."
	}
	return strconv.Quote(s)
}

// showBytes prints text as text and anything else as its length and first bytes.
func showBytes(data []byte) string {
	text := len(data) > 0 && len(data) <= longest
	for _, c := range data {
		text = text && c >= ' ' && c < 0x7f
	}
	if text {
		return strconv.Quote(string(data))
	}
	if len(data) > 16 {
		return fmt.Sprintf("<%d bytes %x...>", len(data), data[:16])
	}
	return fmt.Sprintf("<%x>", data)
}

// SlotName is how a listing names a slot.
func (p *Plan) SlotName(s Slot) string {
	switch {
	case s == None:
		return "none"
	case s == Cwd:
		return "cwd"
	case int(s) < len(p.Slots):
		return "$" + p.Slots[s]
	}
	return "$" + strconv.Itoa(int(s))
}

// MarshalJSON writes the plan for `rt plan --json`: an array of operations with
// index, lane, op, origin and the operands by name.
func (p *Plan) MarshalJSON() ([]byte, error) {
	type jsonOp struct {
		Index  int            `json:"index"`
		Lane   string         `json:"lane"`
		Op     string         `json:"op"`
		Origin string         `json:"origin,omitempty"`
		Args   map[string]any `json:"args,omitempty"`
	}
	out := make([]jsonOp, len(p.Ops))
	for i := range p.Ops {
		op := &p.Ops[i]
		out[i] = jsonOp{Index: i, Lane: op.Lane.String(), Op: op.Code.String(), Origin: op.Origin}
		args := map[string]any{}
		for j, a := range op.Code.Def().Args {
			args[a.Name] = p.jsonArg(a.Kind, &op.Args[j])
		}
		out[i].Args = args
	}
	return json.Marshal(out)
}

func (p *Plan) jsonArg(k optable.Kind, a *Arg) any {
	switch k {
	case optable.Int, optable.Oct, optable.Hex:
		return a.Num
	case optable.Fd, optable.Dst:
		return p.SlotName(a.Slot)
	case optable.Str:
		return a.Str
	case optable.Strs:
		return append([]string{}, a.List...)
	}
	return a.Data
}
