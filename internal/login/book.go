package login

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// FileName is what the file of users and tokens is called in the data directory.
const FileName = "users.json"

// Limits of the file.
const (
	mostUsers   = 100
	mostTokens  = 100
	mostChanges = 200     // older ones are in the audit log of a server that has run since
	mostName    = 64      // bytes
	mostFile    = 1 << 20 // bytes
)

// tokenPrefix begins every token, so that one is recognised where it should not be.
const tokenPrefix = "lbt_"

// A Book is the content of the file.
type Book struct {
	Users   []User   `json:"users"`
	Tokens  []Token  `json:"tokens"`
	Changes []Change `json:"changes"` // oldest first
}

// A User is somebody with a password.
type User struct {
	Name      string `json:"name"`
	Role      Role   `json:"role"`
	Password  string `json:"password"`   // argon2id, PHC string format
	Version   string `json:"version"`    // another one for each password and role: sessions of an older one have ended
	ChangedAt int64  `json:"changed_at"` // µs since 1970 UTC
}

// A Token lets a program in.
type Token struct {
	Name      string `json:"name"`
	Role      Role   `json:"role"`
	SHA256    string `json:"sha256"`     // of the token, hexadecimal
	CreatedAt int64  `json:"created_at"` // µs since 1970 UTC
}

// A Change is what was done to the file, for the audit log.
type Change struct {
	ID     string `json:"id"` // random
	At     int64  `json:"at"` // µs since 1970 UTC
	By     string `json:"by"` // the user of the operating system
	Action string `json:"action"`
	Detail string `json:"detail"`
}

// Errors of changes.
var (
	ErrNoUser  = errors.New("there is no such user")
	ErrNoToken = errors.New("there is no such token")
)

// Read reads the file at path; one that is absent is an empty book.
func Read(path string) (*Book, error) {
	b := &Book{}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return b, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the users of the console: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, mostFile+1))
	if err != nil {
		return nil, fmt.Errorf("reading the users of the console: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err = d.Decode(b); err == nil && len(bytes.TrimSpace(text[d.InputOffset():])) > 0 {
		err = errors.New("there is more after its end")
	}
	if err == nil {
		err = b.check()
	}
	if err != nil {
		return nil, fmt.Errorf("the users of the console, %s, cannot be understood: %w; remove the file and set the passwords again", path, err)
	}
	return b, nil
}

func (b *Book) check() error {
	if len(b.Users) > mostUsers || len(b.Tokens) > mostTokens || len(b.Changes) > mostChanges {
		return fmt.Errorf("there are more than %d users, %d tokens or %d changes", mostUsers, mostTokens, mostChanges)
	}
	names := map[string]bool{}
	for _, u := range b.Users {
		if err := checkName("user", u.Name); err != nil {
			return err
		}
		if names[u.Name] || u.Version == "" || u.Role == Public || !strings.HasPrefix(u.Password, hashPrefix) {
			return fmt.Errorf("user %q: there twice, or without role, version or a password of this version of Logboom", u.Name)
		}
		names[u.Name] = true
	}
	for _, t := range b.Tokens {
		if sum, err := hex.DecodeString(t.SHA256); err != nil || len(sum) != sha256.Size || t.Role == Public {
			return fmt.Errorf("token %q: without role or SHA-256", t.Name)
		}
	}
	return nil
}

// Edit changes the file at path and notes who did. The file belongs to whom
// its folder belongs to, the server, and nobody else may read it.
func Edit(path, by string, change func(*Book) error) error {
	before, _ := os.Stat(path) // nil = there is none
	b, err := Read(path)
	if err != nil {
		return err
	}
	had := len(b.Changes)
	if err := change(b); err != nil {
		return err
	}
	for i := had; i < len(b.Changes); i++ {
		b.Changes[i].By = by
	}
	b.Changes = b.Changes[max(0, len(b.Changes)-mostChanges):]
	text, err := json.MarshalIndent(b, "", "  ")
	if err != nil {
		return err
	}
	if err := replace(path, append(text, '\n'), before); err != nil {
		return fmt.Errorf("writing the users of the console: %w", err)
	}
	return nil
}

// replace writes a file anew, whole or not at all, if it is still the one it was.
func replace(path string, text []byte, before fs.FileInfo) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".users-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err = own(f.Name(), filepath.Dir(path)); err != nil {
		return err
	}
	now, _ := os.Stat(path)
	if (now == nil) != (before == nil) || now != nil && (!os.SameFile(now, before) || !now.ModTime().Equal(before.ModTime())) {
		return errors.New("somebody else has changed it at this moment; try again")
	}
	return os.Rename(f.Name(), path)
}

// User returns the user of a name.
func (b *Book) User(name string) (u User, ok bool) {
	i := slices.IndexFunc(b.Users, func(u User) bool { return u.Name == name })
	if i < 0 {
		return u, false
	}
	return b.Users[i], true
}

// SetPassword gives a user a password and a role; there may be no such user yet.
// All sessions of that user end.
func (b *Book) SetPassword(name string, role Role, password string) error {
	if err := errors.Join(checkName("user", name), checkPassword(name, password)); err != nil {
		return err
	}
	u := User{Name: name, Role: role, Password: hash(password), Version: secret()[:16], ChangedAt: time.Now().UnixMicro()}
	detail := fmt.Sprintf("of %s, role %s", name, role)
	if i := slices.IndexFunc(b.Users, func(u User) bool { return u.Name == name }); i >= 0 {
		b.Users[i] = u
		b.note("password changed", detail)
		return nil
	}
	if len(b.Users) >= mostUsers {
		return fmt.Errorf("there are %d users already, which is the most", mostUsers)
	}
	b.Users = append(b.Users, u)
	b.note("password set", detail)
	return nil
}

// RemoveUser removes a user, whose sessions end.
func (b *Book) RemoveUser(name string) error {
	n := len(b.Users)
	if b.Users = slices.DeleteFunc(b.Users, func(u User) bool { return u.Name == name }); len(b.Users) == n {
		return fmt.Errorf("user %q: %w", name, ErrNoUser)
	}
	b.note("user removed", name)
	return nil
}

// AddToken makes a token and returns it; it can be had at no other time.
func (b *Book) AddToken(name string, role Role) (token string, err error) {
	if err := checkName("token", name); err != nil {
		return "", err
	}
	if slices.ContainsFunc(b.Tokens, func(t Token) bool { return t.Name == name }) {
		return "", fmt.Errorf("there is a token %q already; remove it first, or take another name", name)
	}
	if len(b.Tokens) >= mostTokens {
		return "", fmt.Errorf("there are %d tokens already, which is the most", mostTokens)
	}
	token = tokenPrefix + secret()
	sum := sha256.Sum256([]byte(token))
	b.Tokens = append(b.Tokens, Token{Name: name, Role: role, SHA256: hex.EncodeToString(sum[:]), CreatedAt: time.Now().UnixMicro()})
	b.note("token added", fmt.Sprintf("%s, role %s", name, role))
	return token, nil
}

// RemoveToken removes a token, which lets in nobody from now on.
func (b *Book) RemoveToken(name string) error {
	n := len(b.Tokens)
	if b.Tokens = slices.DeleteFunc(b.Tokens, func(t Token) bool { return t.Name == name }); len(b.Tokens) == n {
		return fmt.Errorf("token %q: %w", name, ErrNoToken)
	}
	b.note("token removed", name)
	return nil
}

func (b *Book) note(action, detail string) {
	b.Changes = append(b.Changes, Change{ID: secret()[:16], At: time.Now().UnixMicro(), Action: action, Detail: detail})
}

// secret returns 32 random bytes as text.
func secret() string {
	b := make([]byte, 32)
	rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}
