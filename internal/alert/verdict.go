package alert

import (
	"encoding/binary"
	"hash/maphash"
)

// verdicts remembers what messages of one shape were judged. Devices send few
// shapes: the same words with other numbers between them. What is judged
// depends on the words and the distances between them alone, so that it is
// remembered under their hash; with a secret seed, nobody can make messages
// with the hash of others.
type verdicts struct {
	seed  maphash.Seed
	cells []verdict
	shape []byte
}

type verdict struct {
	hash uint64
	rule int
}

// verdictCells is how many verdicts are remembered; a power of two.
const verdictCells = 4096

// verdict returns the remembered verdict on the words found, or what judge says
// now.
func (v *verdicts) verdict(words []found, judge func() int) int {
	if v.cells == nil {
		v.seed, v.cells = maphash.MakeSeed(), make([]verdict, verdictCells)
	}
	v.shape = v.shape[:0]
	before := found{}
	for _, w := range words {
		v.shape = binary.LittleEndian.AppendUint64(v.shape, uint64(w.class)|uint64(w.word-before.word)<<16|uint64(w.start-before.end)<<32|uint64(w.end-w.start)<<48)
		before = w
	}
	hash := maphash.Bytes(v.seed, v.shape) | 1 // 0 is an empty cell
	cell := &v.cells[hash/2%verdictCells]
	if cell.hash != hash {
		*cell = verdict{hash, judge()}
	}
	return cell.rule
}
