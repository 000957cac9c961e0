package service

import (
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf16"

	"golang.org/x/sys/windows"
)

// rights gives the account of the service its directories and lets it read its
// files.
func rights(c *Config) error {
	sid, err := windows.StringToSid(serviceSID(c.Name))
	if err != nil {
		return fmt.Errorf("making the SID of the service: %w", err)
	}
	for _, dir := range c.Writable {
		if err := os.MkdirAll(dir, 0o750); err != nil {
			return fmt.Errorf("making a directory for the service: %w", err)
		}
		if err := allow(dir, sid, directory); err != nil {
			c.warn("the rights of %s could not be set, the service may not be able to write there: %v", dir, err)
		}
	}
	// The service keeps what people set in the console beside its settings, and
	// the rights of a folder are those of the next file in it.
	for _, path := range c.Readable {
		dir := filepath.Dir(path)
		if !common(dir) {
			continue
		}
		if err := allow(dir, sid, directory); err != nil {
			c.warn("the rights of %s could not be set, other users may be able to read in it: %v", dir, err)
		}
	}
	for _, path := range c.Readable {
		if err := allow(path, sid, file); err != nil {
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

// allow gives the account sid the right to path. Under ProgramData, where every
// user may read, all but the system and administrators lose theirs: messages
// and the token are not for everybody. Elsewhere the other rights stay.
func allow(path string, sid *windows.SID, a access) error {
	flags := windows.SECURITY_INFORMATION(windows.DACL_SECURITY_INFORMATION)
	var old *windows.ACL
	if common(path) {
		sd, err := windows.SecurityDescriptorFromString(a.sddl)
		if err != nil {
			return err
		}
		if old, _, err = sd.DACL(); err != nil {
			return err
		}
		flags |= windows.PROTECTED_DACL_SECURITY_INFORMATION
	} else {
		sd, err := windows.GetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION)
		if err != nil {
			return err
		}
		if old, _, err = sd.DACL(); err != nil {
			return err
		}
	}
	acl, err := windows.ACLFromEntries([]windows.EXPLICIT_ACCESS{{
		AccessPermissions: a.mask,
		AccessMode:        windows.GRANT_ACCESS,
		Inheritance:       a.inheritance,
		Trustee:           windows.TRUSTEE{TrusteeForm: windows.TRUSTEE_IS_SID, TrusteeValue: windows.TrusteeValueFromSID(sid)},
	}}, old)
	if err != nil {
		return err
	}
	return windows.SetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, flags, nil, nil, acl, nil)
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
