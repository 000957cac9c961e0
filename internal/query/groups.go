package query

import "github.com/logboom/logboom/internal/syslog"

// Groups returns what the named groups of the query's regular expressions found
// in r: of each name the first that is not empty. It is nil if there are none.
func (q *Query) Groups(r *syslog.Record) map[string]string {
	if q == nil || q.root == nil {
		return nil
	}
	return groups(q.root, r, nil)
}

// GroupNames returns the names of the groups that [Query.Groups] can find.
func (q *Query) GroupNames() []string {
	if q == nil || q.root == nil {
		return nil
	}
	var names []string
	each(q.root, func(x *expression) {
		for _, name := range x.re.SubexpNames() {
			if name != "" {
				names = append(names, name)
			}
		}
	})
	return names
}

func groups(n node, r *syslog.Record, found map[string]string) map[string]string {
	each(n, func(x *expression) {
		names := x.re.SubexpNames()
		if x.re.NumSubexp() == 0 {
			return
		}
		text := where(r, x.rule)
		text = text[:min(len(text), MaxMatched)]
		at := x.re.FindSubmatchIndex(text)
		for i, name := range names {
			if name == "" || at == nil || at[2*i] < 0 || at[2*i] == at[2*i+1] || found[name] != "" {
				continue
			}
			if found == nil {
				found = map[string]string{}
			}
			found[name] = string(text[at[2*i]:at[2*i+1]])
		}
	})
	return found
}

// each calls f for the regular expressions of n that have to match.
func each(n node, f func(*expression)) {
	switch n := n.(type) {
	case and:
		for _, k := range n.kids {
			each(k, f)
		}
	case or:
		for _, k := range n.kids {
			each(k, f)
		}
	case expression:
		f(&n)
	}
}
