package variant

import (
	"errors"
	"fmt"
)

// elements reads values between the byte at hand and end, separated by commas.
func (p *parser) elements(end byte, one func(i int) (Value, error)) ([]Value, error) {
	p.at++
	var list []Value
	for {
		if p.peek() == end {
			p.at++
			return list, nil
		}
		v, err := one(len(list))
		if err != nil {
			return nil, err
		}
		list = append(list, v)
		switch p.peek() {
		case ',':
			p.at++
		case end:
		default:
			return nil, fmt.Errorf("want a comma or %q at %q", end, p.text[p.at:])
		}
	}
}

// array reads [...]. The elements are of one type, which any of them may tell: a
// number without a type takes that of the others.
func (p *parser) array(want string, depth int) (Value, error) {
	if want != "" {
		if want[0] != 'a' {
			return Value{}, fits(want, "a...")
		}
		list, err := p.elements(']', func(int) (Value, error) { return p.value(want[1:], depth+1) })
		return Value{Type: want, Elems: list}, err
	}
	start := p.at
	list, err := p.elements(']', func(int) (Value, error) { return p.value("", depth+1) })
	if err != nil {
		return Value{}, err
	}
	if len(list) == 0 {
		return Value{}, errors.New("an empty array does not tell its type, want for instance @as []")
	}
	end, same := p.at, true
	for i := range list {
		same = same && list[i].Type == list[0].Type
	}
	if same {
		return Array(list[0].Type, list...), nil
	}
	tried := ""
	for i := range list {
		if element := list[i].Type; element != tried {
			tried, p.at = element, start
			if v, err := p.array("a"+element, depth); err == nil {
				return v, nil
			}
		}
	}
	p.at = end
	return Value{}, fmt.Errorf("an array has elements of types %s and others", list[0].Type)
}

// members splits the type of a struct or an entry into those of its members.
func members(sig string) (list []string) {
	for rest := sig[1 : len(sig)-1]; rest != ""; {
		first, behind, ok := First(rest)
		if !ok {
			return nil
		}
		list, rest = append(list, first), behind
	}
	return list
}

// tuple reads (...); one member needs a comma behind it in GLib, not here.
func (p *parser) tuple(want string, depth int) (Value, error) {
	var types []string
	if want != "" {
		if want[0] != '(' {
			return Value{}, fits(want, "(...)")
		}
		types = members(want)
	}
	list, err := p.elements(')', func(i int) (Value, error) {
		if types == nil {
			return p.value("", depth+1)
		}
		if i == len(types) {
			return Value{}, fmt.Errorf("a tuple has more than the members of %s", want)
		}
		return p.value(types[i], depth+1)
	})
	switch {
	case err != nil:
		return Value{}, err
	case len(list) == 0:
		return Value{}, errors.New("D-Bus has no empty tuple")
	case types != nil && len(list) != len(types):
		return Value{}, fmt.Errorf("a tuple has %d members, %s has %d", len(list), want, len(types))
	}
	return Struct(list...), nil
}

// dictionary reads {KEY: VALUE, ...}. The first entry tells the type.
func (p *parser) dictionary(want string, depth int) (Value, error) {
	var types []string
	if want != "" {
		if len(want) < 2 || want[:2] != "a{" {
			return Value{}, fits(want, "a{..}")
		}
		types = members(want[1:])
	}
	list, err := p.elements('}', func(int) (Value, error) {
		if types == nil {
			types = []string{"", ""}
		}
		key, err := p.value(types[0], depth+1)
		if err != nil {
			return Value{}, err
		}
		if err := p.expect(':'); err != nil {
			return Value{}, err
		}
		value, err := p.value(types[1], depth+1)
		if err != nil {
			return Value{}, err
		}
		types = []string{key.Type, value.Type}
		return Value{Type: "{" + key.Type + value.Type + "}", Elems: []Value{key, value}}, nil
	})
	if err != nil {
		return Value{}, err
	}
	if types == nil {
		return Value{}, errors.New("an empty dictionary does not tell its type, want for instance @a{sv} {}")
	}
	return Array("{"+types[0]+types[1]+"}", list...), nil
}

// variant reads <VALUE>.
func (p *parser) variant(want string, depth int) (Value, error) {
	p.at++
	v, err := p.value("", depth+1)
	if err != nil {
		return Value{}, err
	}
	if err := p.expect('>'); err != nil {
		return Value{}, err
	}
	return Of(v), fits(want, "v")
}
