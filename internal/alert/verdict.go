package alert

import (
	"encoding/binary"
	"hash/maphash"
)

// verdicts remembers what messages of one shape were judged. Devices send few
// shapes: the same words with other numbers between them. What is judged
// depends on the words, the distances between them, and at times on which are
// names alone, so that it is remembered under their hash; with a secret seed,
// nobody can make messages with the hash of others.
type verdicts struct {
	seed  maphash.Seed
	cells []verdict
	asked []places // by cell: the words that may be names
	shape []byte
}

type verdict struct {
	hash  uint64
	rule  int32
	names bool // it depends on which words are names: look under their hash
}

// verdictCells is how many verdicts are remembered; a power of two.
const verdictCells = 4096

// verdict returns the remembered verdict of m on s, or judges now.
func (v *verdicts) verdict(m *matcher, s *scan) int {
	if v.cells == nil {
		v.seed, v.cells, v.asked = maphash.MakeSeed(), make([]verdict, verdictCells), make([]places, verdictCells)
	}
	v.shape = v.shape[:0]
	before := found{}
	for _, w := range s.found {
		v.shape = binary.LittleEndian.AppendUint64(v.shape, uint64(w.class)|uint64(w.word-before.word)<<16|uint64(w.start-before.end)<<32|uint64(w.end-w.start)<<48)
		before = w
	}
	hash, place := v.hash()
	cell, asked := &v.cells[place], &v.asked[place]
	if cell.hash != hash {
		rule := m.judge(s)
		*cell, *asked = verdict{hash, int32(rule), !s.asked.empty()}, s.asked
		if cell.names {
			v.keep(s, rule)
		}
		return rule
	}
	if !cell.names {
		return int(cell.rule)
	}
	s.ask(asked)
	shape := len(v.shape)
	hash, place = v.named(s)
	if other := v.cells[place]; other.hash == hash {
		return int(other.rule)
	}
	// With other names, other words may count too.
	v.shape = v.shape[:shape]
	rule := m.judge(s)
	asked.join(&s.asked)
	v.keep(s, rule)
	return rule
}

// keep remembers the verdict on the shape with the names of s.
func (v *verdicts) keep(s *scan, rule int) {
	hash, place := v.named(s)
	v.cells[place] = verdict{hash, int32(rule), false}
}

// named adds to the shape which words are names.
func (v *verdicts) named(s *scan) (hash uint64, place int) {
	for _, set := range s.names {
		v.shape = binary.LittleEndian.AppendUint64(v.shape, set)
	}
	return v.hash()
}

// hash returns the hash of the shape, and the place of its cell.
func (v *verdicts) hash() (hash uint64, place int) {
	hash = maphash.Bytes(v.seed, v.shape) | 1 // 0 is an empty cell
	return hash, int(hash / 2 % verdictCells)
}
