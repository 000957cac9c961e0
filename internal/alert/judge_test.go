package alert

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// plainJudge judges the words found in the plain way, which takes for ever on
// some texts.
type plainJudge struct {
	m     *matcher
	names func(word found) bool
}

func (p plainJudge) judge(all []found) int {
	for i := range p.m.rules {
		for _, a := range p.m.alarms {
			if a.rule == i && p.alarmed(p.m.patterns[a.pattern], p.m.excepts[p.m.except[i]], all) {
				return i
			}
		}
	}
	return len(p.m.rules)
}

func (p plainJudge) alarmed(c compiled, except []int32, all []found) bool {
	for i := range all {
		last := p.stands(c, all, i)
		if last >= 0 && !slices.ContainsFunc(except, func(n int32) bool {
			for k := range all {
				if all[k].end >= all[i].start-nearBytes && all[k].start <= all[last].end+nearBytes && !p.names(all[k]) && p.stands(p.m.patterns[n], all, k) >= 0 {
					return true
				}
			}
			return false
		}) {
			return true
		}
	}
	return false
}

// stands returns the place of the last word of c, if its first is all[i]; -1 if
// it does not stand there.
func (p plainJudge) stands(c compiled, all []found, i int) int {
	if !slices.Contains(p.m.steps[all[i].class], c[0].step) {
		return -1
	}
	if len(c) == 1 {
		return i
	}
	for j := i + 1; j < len(all); j++ {
		if c[1].gap == 0 && all[j].word != all[i].word+1 || c[1].gap > 0 && all[j].start-all[i].end > c[1].gap {
			return -1
		}
		if last := p.stands(c[1:], all, j); last >= 0 {
			return last
		}
	}
	return -1
}

func shippedMatcher(t testing.TB, keywords ...string) *matcher {
	t.Helper()
	rules, err := wordRules(Packs(), append(DefaultKeywords(), keywords...))
	if err != nil {
		t.Fatal(err)
	}
	m, err := newMatcher(rules)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// vocabulary returns the words of patterns, those of each rule, and all.
func vocabulary(rules []wordRule) (of [][]string, all []string) {
	for _, r := range rules {
		var words []string
		for _, p := range slices.Concat(r.any, r.except) {
			for _, s := range p {
				for _, w := range s.words {
					words = append(words, strings.TrimRight(w, "*#"))
				}
			}
		}
		of, all = append(of, words), append(all, words...)
	}
	return of, all
}

// TestJudgeAgreesWithThePlainWay holds that judging each pattern once changes
// no verdict.
func TestJudgeAgreesWithThePlainWay(t *testing.T) {
	m := shippedMatcher(t)
	r := rand.New(rand.NewPCG(1, 2))
	of, all := vocabulary(m.rules)
	var s scan
	alarms := 0
	for range 1000 {
		var b strings.Builder
		words := of[r.IntN(len(of))]
		for range 1 + r.IntN(25) {
			w := words[r.IntN(len(words))]
			if r.IntN(4) == 0 {
				w = all[r.IntN(len(all))]
			}
			b.WriteString(w + strings.Repeat(" ", 1+r.IntN(3)*r.IntN(20)) + []string{"", "", "is ", "0/1 (", "loid "}[r.IntN(5)])
		}
		// The same words, with other names among them, are remembered apart.
		for _, text := range []string{b.String(), strings.ReplaceAll(b.String(), "(", "-"), strings.ReplaceAll(b.String(), "loid ", "said "), b.String()} {
			got, _ := m.find(&s, []byte(text))
			want := plainJudge{m, func(w found) bool { return s.named(slices.Index(s.found, w)) }}.judge(s.found)
			if got != want {
				t.Fatalf("%q is judged %d, in the plain way %d", text, got, want)
			}
			if got < len(m.rules) {
				alarms++
			}
		}
	}
	t.Logf("%d alarm", alarms)
}

// hostile is a text of the words with which a search for the dearest texts
// ended: words that begin many patterns, again and again.
func hostile(words string) string {
	return strings.TrimSpace(strings.Repeat(words+" ", maxFound/len(strings.Fields(words))+1))
}

// hostileWords were found by changing words of texts and keeping what took more
// work; the first took 160 ms when each pattern was tried at each word.
var hostileWords = []string{
	"fail enable has onu been fail fail onu finished fail fail onu fail onu fail combo interval fail onu fail label linecard fail onu combo failure fail authentication enable",
	"password failed failed onu failed failed ranging failed deregistered failed is failed authorization optic failed battery failed failed failed login failed onu failed input failed failed optical slot failed failed port failed failed ethernet failed max failed module failed communication failed internal failed log password out tray malloc failed failed locked failed failed fan failed enabled failed user failed failed fail failed configured interface failed voltage failed power failed failed xpon failed in failed disk failed ddm failed signal failed",
}

// TestHostileTextsTakeLittleWork holds that no text takes long. It counts what
// is looked at: see maxWork.
func TestHostileTextsTakeLittleWork(t *testing.T) {
	m := shippedMatcher(t)
	of, all := vocabulary(m.rules)
	texts := slices.Clone(hostileWords)
	for _, words := range append(of, all) {
		texts = append(texts, strings.Join(words, " "))
	}
	r := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		words := of[r.IntN(len(of))]
		var some []string
		for range 2 + r.IntN(12) {
			some = append(some, words[r.IntN(len(words))])
		}
		texts = append(texts, strings.Join(some, " "))
	}
	var s scan
	most, what := 0, ""
	for _, words := range texts {
		s.begin(m, []byte(hostile(words)))
		m.judge(&s)
		if s.work > most {
			most, what = s.work, words
		}
	}
	t.Logf("the most work is %d, for %.200q", most, what)
	if most > maxWork || s.overrun.Load() > 0 {
		t.Errorf("a text takes the work of %d, with the packs and default keywords, want at most %d: %q", most, maxWork, what)
	}
}

// TestTextBeyondTheBoundAlarms holds that a text that takes too much work is
// told and counted rather than passed over: it may hide an alarm.
func TestTextBeyondTheBoundAlarms(t *testing.T) {
	var keywords []string
	var text strings.Builder
	for i := range 120 {
		word := fmt.Sprint("w", i)
		keywords = append(keywords, "failed failed failed failed failed "+word)
		text.WriteString(word + " ")
	}
	text.WriteString(strings.Repeat("failed ", maxFound-len(keywords)-1) + "cleared")
	k, err := newKeywords(keywords)
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := k.Find([]byte("failed failed failed failed failed cleared")); ok {
		t.Fatalf("the same words without the others alarm by %q", got)
	}
	_, ok := k.Find([]byte(text.String()))
	if n := k.scan.overrun.Load(); !ok || n != 1 {
		t.Errorf("the text alarms: %v, counted %d times, want it to alarm and to count", ok, n)
	}
	if k.scan.work > 2*maxWork {
		t.Errorf("the text took the work of %d", k.scan.work)
	}
}
