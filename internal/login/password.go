package login

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// What a password costs: 19 MiB, two passes, one lane (OWASP, 2023), about
// 35 ms of one core.
const (
	hashMemory = 19 << 10 // KiB
	hashTime   = 2
	hashLanes  = 1
	hashSalt   = 16 // bytes
	hashSize   = 32 // bytes
)

// Limits of a password.
const (
	leastPassword = 10   // characters
	mostPassword  = 1024 // bytes
)

// hashes are how many passwords are looked at at once, and hashWait how long
// another waits for its turn: else the login would be the way to stop the server.
const (
	hashes   = 2
	hashWait = 5 * time.Second
)

// hashPrefix is how every hash of ours begins (PHC string format).
var hashPrefix = fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$", argon2.Version, hashMemory, hashTime, hashLanes)

// checkPassword says what is wrong with a new password.
func checkPassword(name, password string) error {
	switch {
	case !utf8.ValidString(password):
		return errors.New("the password is not valid UTF-8")
	case utf8.RuneCountInString(password) < leastPassword:
		return fmt.Errorf("the password is too short: at least %d characters; three or four words are easy to keep in mind", leastPassword)
	case len(password) > mostPassword:
		return fmt.Errorf("the password is too long: at most %d bytes", mostPassword)
	case strings.EqualFold(password, name):
		return errors.New("the password is the name of the user")
	case strings.Count(password, password[:1]) == len(password):
		return errors.New("the password is one character again and again")
	}
	return nil
}

// hash returns what is kept of a password.
func hash(password string) string {
	salt := make([]byte, hashSalt)
	rand.Read(salt) // never fails
	return hashPrefix + encode(salt) + "$" + encode(derive(password, salt))
}

// matches reports whether a password is the one of a hash. It takes as long for
// a hash that is none.
func matches(password, kept string) bool {
	rest, ours := strings.CutPrefix(kept, hashPrefix)
	saltText, sumText, _ := strings.Cut(rest, "$")
	salt, err := base64.RawStdEncoding.DecodeString(saltText)
	sum, err2 := base64.RawStdEncoding.DecodeString(sumText)
	if ours = ours && err == nil && err2 == nil && len(salt) == hashSalt && len(sum) == hashSize; !ours {
		salt, sum = make([]byte, hashSalt), make([]byte, hashSize)
	}
	return subtle.ConstantTimeCompare(derive(password, salt), sum) == 1 && ours
}

// derive takes a password as it is written in one form of Unicode: an "ä" may
// be typed as one character or as two.
func derive(password string, salt []byte) []byte {
	return argon2.IDKey([]byte(norm.NFC.String(password)), salt, hashTime, hashMemory, hashLanes, hashSize)
}

func encode(b []byte) string { return base64.RawStdEncoding.EncodeToString(b) }

// turn waits until a password may be looked at; false means that others take
// too long.
func turn(ctx context.Context, slots chan struct{}) bool {
	timer := time.NewTimer(hashWait)
	defer timer.Stop()
	select {
	case slots <- struct{}{}:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	return false
}
