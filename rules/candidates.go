package rules

// A Candidate is a value that a grammar proposes, with all that is known of it.
type Candidate struct {
	Match           // as the tables judge it that were set by hand
	Reported bool   // the tables report it
	Weighed  bool   // nothing ruled it out or settled it before it was weighed
	Traits   Traits // where it was weighed
}

// Candidates returns what the grammars propose in data, for training and for
// explanations. One value may be proposed several times, by several rules too.
func (s *Set) Candidates(data []byte) []Candidate {
	var all []Candidate
	s.witness(data, &witness{map[int]int{}, func(r *compiled, data []byte, c candidate, base int) {
		all = append(all, study(r, data, c, base))
	}})
	return all
}

// study returns all that is known of a candidate that counts from base.
func study(r *compiled, data []byte, c candidate, base int) Candidate {
	var buf [64]byte
	value := c.plain(buf[:0], data)
	e, o := screen(data, c, value)
	x := Candidate{Match: Match{Rule: r.Rule, Start: base + c.start, End: base + c.end, form: c.form, class: e.class, kind: e.kind}, Weighed: o == undecided}
	switch o {
	case settled:
		x.Confidence, x.Reported = e.settled, true
	case undecided:
		x.Confidence, x.Reported = decide(e)
		x.Traits.observe(data, c, value, e)
	}
	x.Confidence = min(x.Confidence, r.Confidence)
	return x
}
