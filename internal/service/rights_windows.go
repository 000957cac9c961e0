package service

import (
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf16"
	"unsafe"

	"golang.org/x/sys/windows"
)

// ours returns an error if something under ProgramData that the service is to
// use is somebody else's.
func ours(c *Config) error {
	sid, err := windows.StringToSid(serviceSID(c.Name))
	if err != nil {
		return fmt.Errorf("making the SID of the service: %w", err)
	}
	if c.Folder != "" {
		if err := SettingsFolder(c.Name, c.Folder); err != nil {
			return err
		}
	}
	for _, path := range slices.Concat(c.Readable, c.Writable) {
		for ; common(path); path = filepath.Dir(path) {
			if err := foreign(path, sid); err != nil {
				return err
			}
		}
	}
	return nil
}

// rights gives the account of the service its directories and lets it read its
// files.
func rights(c *Config) error {
	sid, err := windows.StringToSid(serviceSID(c.Name))
	if err != nil {
		return fmt.Errorf("making the SID of the service: %w", err)
	}
	for _, dir := range c.Writable {
		made, err := mkdir(dir, directory.of(sid))
		if err != nil {
			return err
		}
		open, err := allow(dir, sid, directory, made || common(dir))
		if err != nil {
			c.warn("the rights of %s could not be set, the service may not be able to write there: %v", dir, err)
		}
		if open {
			c.warn(`every user of this computer may look into %s, where messages are to be; to close it, as an administrator: icacls "%s" /inheritance:r /grant:r *S-1-5-18:(OI)(CI)F *S-1-5-32-544:(OI)(CI)F "%s:(OI)(CI)M"`,
				dir, dir, account(c))
		}
	}
	// The service keeps what people set in the console beside its settings, and
	// the rights of a folder are those of the next file in it.
	for _, path := range c.Readable {
		dir := filepath.Dir(path)
		if !common(dir) {
			continue
		}
		if _, err := allow(dir, sid, directory, true); err != nil {
			c.warn("the rights of %s could not be set, other users may be able to read in it: %v", dir, err)
		}
	}
	for _, path := range c.Readable {
		if _, err := allow(path, sid, file, common(path)); err != nil {
			c.warn("the rights of %s could not be set, the service may not be able to read it: %v", path, err)
		}
	}
	return nil
}

// An access is what the service may do with a path.
type access struct {
	mask        windows.ACCESS_MASK
	inheritance uint32
	sddl        string // of the system and of administrators
}

// Of a directory the service may read, write and delete what is in it; a file
// it may read. FILE_GENERIC_* and DELETE of winnt.h.
var (
	directory = access{0x1301bf, windows.SUB_CONTAINERS_AND_OBJECTS_INHERIT, "D:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)"}
	file      = access{0x120089, windows.NO_INHERITANCE, "D:PAI(A;;FA;;;SY)(A;;FA;;;BA)"}
)

// of returns the rights of a directory, with those of the account sid.
func (a access) of(sid *windows.SID) string {
	return fmt.Sprintf("%s(A;OICI;%#x;;;%s)", a.sddl, uint32(a.mask), sid)
}

// allow gives the account sid the right to path. If it is to be closed, it then
// belongs to administrators, and all but they and the system lose their rights:
// messages and the token are not for everybody. Else the other rights stay, and
// open reports whether every user has one of them.
func allow(path string, sid *windows.SID, a access, closed bool) (open bool, _ error) {
	flags := windows.SECURITY_INFORMATION(windows.DACL_SECURITY_INFORMATION)
	var owner *windows.SID
	var old *windows.ACL
	if closed {
		sd, err := windows.SecurityDescriptorFromString("O:BA" + a.sddl)
		if err != nil {
			return false, err
		}
		if old, _, err = sd.DACL(); err != nil {
			return false, err
		}
		if owner, _, err = sd.Owner(); err != nil {
			return false, err
		}
		flags |= windows.PROTECTED_DACL_SECURITY_INFORMATION | windows.OWNER_SECURITY_INFORMATION
	} else {
		sd, err := windows.GetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION)
		if err != nil {
			return false, err
		}
		if old, _, err = sd.DACL(); err != nil {
			return false, err
		}
		open = public(old)
	}
	acl, err := windows.ACLFromEntries([]windows.EXPLICIT_ACCESS{{
		AccessPermissions: a.mask,
		AccessMode:        windows.GRANT_ACCESS,
		Inheritance:       a.inheritance,
		Trustee:           windows.TRUSTEE{TrusteeForm: windows.TRUSTEE_IS_SID, TrusteeValue: windows.TrusteeValueFromSID(sid)},
	}}, old)
	if err != nil {
		return open, err
	}
	return open, windows.SetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, flags, owner, nil, acl, nil)
}

// public reports whether acl gives something to every user. None at all gives
// everything.
func public(acl *windows.ACL) bool {
	if acl == nil {
		return true
	}
	for i := range uint32(acl.AceCount) {
		var ace *windows.ACCESS_ALLOWED_ACE
		if err := windows.GetAce(acl, i, &ace); err != nil || ace.Header.AceType != windows.ACCESS_ALLOWED_ACE_TYPE {
			continue
		}
		sid := (*windows.SID)(unsafe.Pointer(&ace.SidStart))
		if sid.IsWellKnown(windows.WinWorldSid) || sid.IsWellKnown(windows.WinAuthenticatedUserSid) || sid.IsWellKnown(windows.WinBuiltinUsersSid) {
			return true
		}
	}
	return false
}

// common reports whether path is under ProgramData.
func common(path string) bool {
	base, err := windows.KnownFolderPath(windows.FOLDERID_ProgramData, windows.KF_FLAG_DEFAULT)
	if err != nil {
		return false
	}
	rel, err := filepath.Rel(base, path)
	return err == nil && rel != "." && filepath.IsLocal(rel)
}

// serviceSID returns the SID of the account NT SERVICE\name, which is made from
// the name: S-1-5-80 and the five parts of the SHA-1 of the name in capitals,
// in UTF-16. It is known before the account is.
func serviceSID(name string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(strings.ToUpper(name))) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	sum := sha1.Sum(b)
	sid := "S-1-5-80"
	for i := 0; i < len(sum); i += 4 {
		sid += fmt.Sprintf("-%d", binary.LittleEndian.Uint32(sum[i:]))
	}
	return sid
}
