package query

import "github.com/logboom/logboom/internal/sieve"

// Needs returns texts without which a message cannot match, so that those of
// many rules can be looked for in one pass: of each set, one stands in any case
// in what was [Said]. They are of ASCII and in lower case. There may be none.
// It is for queries made by [ParseRule].
func (q *Query) Needs() [][]string {
	if q.root == nil {
		return nil
	}
	return needs(q.root)
}

func needs(n node) [][]string {
	switch n := n.(type) {
	case and:
		var sets [][]string
		for _, k := range n.kids {
			sets = append(sets, needs(k)...)
		}
		return sets
	case or:
		var one []string
		for _, k := range n.kids {
			sets := needs(k)
			if len(sets) == 0 {
				return nil
			}
			best := sets[0]
			for _, set := range sets {
				if sieve.Shortest(set) > sieve.Shortest(best) {
					best = set
				}
			}
			one = append(one, best...)
		}
		return [][]string{one}
	case word:
		return needsOf(&n.needle)
	case port:
		return needsOf(&n.needle)
	case expression:
		var sets [][]string
		for _, literals := range n.literals {
			var set []string
			for i := range literals {
				set = append(set, literals[i].text)
			}
			sets = append(sets, set)
		}
		return sets
	}
	return nil
}

func needsOf(n *needle) [][]string {
	if n.empty() || n.runes != nil {
		return nil
	}
	return [][]string{{n.text}}
}
