package console

import (
	"sync"

	"github.com/logboom/logboom/internal/login"
)

// shares count what each person holds of something that there is little of, so
// that nobody has all of it. A person who holds nothing is not remembered, so
// there are no more of them than there is of the thing.
type shares struct {
	mu   sync.Mutex
	held map[string]int // by person, see who
}

// take takes one for a person who may hold most of them; ok is false if that
// are as many already. Whoever took it calls free, once.
func (s *shares) take(person string, most int) (free func(), ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held[person] >= most {
		return nil, false
	}
	if s.held == nil {
		s.held = map[string]int{}
	}
	s.held[person]++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.held[person]--; s.held[person] == 0 {
			delete(s.held, person)
		}
	}, true
}

// has begins a sentence to somebody about what they hold. All who ask from this
// machine are one person.
func has(p login.Person) string {
	if p.How == login.ByMachine {
		return "this machine has"
	}
	return "you have"
}
