package service

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Every user may make a folder under ProgramData, and on most other disks. Who
// made it may do what he likes there, whatever rights it is given later: lead it
// elsewhere, read the token, change the settings. So what others have made is
// refused and left to people to look at; nothing is mended.

// SettingsFolder makes the folder of the settings of the service name, or closes
// one that is there: only administrators and the service may do anything in it.
// One that is somebody else's, or has somebody else's settings, messages or logs
// in it, is an error.
func SettingsFolder(name, dir string) error {
	sid, err := windows.StringToSid(serviceSID(name))
	if err != nil {
		return fmt.Errorf("making the SID of the service: %w", err)
	}
	if err := own(dir, sid, directory.of(sid)); err != nil {
		return err
	}
	for _, entry := range []string{"config.toml", "data", "logs"} {
		if err := foreign(filepath.Join(dir, entry), sid); err != nil {
			return err
		}
	}
	return nil
}

// ProgramFolder makes the folder of the program, or closes one that is there:
// every user may read in it, only administrators may write. One that is somebody
// else's is an error.
func ProgramFolder(name, dir string) error {
	sid, err := windows.StringToSid(serviceSID(name))
	if err != nil {
		return fmt.Errorf("making the SID of the service: %w", err)
	}
	read := access{0x1200a9, directory.inheritance, directory.sddl + "(A;OICI;0x1200a9;;;BU)"} // FILE_GENERIC_READ and EXECUTE
	return own(dir, sid, read.of(sid))
}

// own makes dir with the rights sddl and administrators as its owner, or gives
// them to one that is there and nobody else's.
func own(dir string, service *windows.SID, sddl string) error {
	sddl = "O:BA" + sddl
	made, err := mkdir(dir, sddl)
	if made || err != nil {
		return err
	}
	if err := foreign(dir, service); err != nil {
		return err
	}
	sd, err := windows.SecurityDescriptorFromString(sddl)
	if err != nil {
		return err
	}
	owner, _, err := sd.Owner()
	if err != nil {
		return err
	}
	acl, _, err := sd.DACL()
	if err != nil {
		return err
	}
	const what = windows.OWNER_SECURITY_INFORMATION | windows.DACL_SECURITY_INFORMATION | windows.PROTECTED_DACL_SECURITY_INFORMATION
	if err := windows.SetNamedSecurityInfo(dir, windows.SE_FILE_OBJECT, what, owner, nil, acl, nil); err != nil {
		return fmt.Errorf("closing %s to others: %w", dir, err)
	}
	return nil
}

// mkdir makes dir and those above it that are missing, from their first moment
// with the rights sddl. It reports whether dir is new.
func mkdir(dir, sddl string) (made bool, _ error) {
	sd, err := windows.SecurityDescriptorFromString(sddl)
	if err != nil {
		return false, err
	}
	if above := filepath.Dir(dir); above != dir {
		if _, err := os.Stat(above); errors.Is(err, os.ErrNotExist) {
			if _, err := mkdir(above, sddl); err != nil {
				return false, err
			}
		}
	}
	path, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return false, err
	}
	attributes := windows.SecurityAttributes{SecurityDescriptor: sd}
	attributes.Length = uint32(unsafe.Sizeof(attributes))
	switch err := windows.CreateDirectory(path, &attributes); {
	case errors.Is(err, windows.ERROR_ALREADY_EXISTS):
		return false, nil
	case errors.Is(err, windows.ERROR_INVALID_OWNER): // not an administrator
		return false, fmt.Errorf("making the directory %s: %w", dir, windows.ERROR_ACCESS_DENIED)
	case err != nil:
		return false, fmt.Errorf("making the directory %s: %w", dir, err)
	}
	return true, nil
}

// foreign returns an error if path is there and leads elsewhere, or belongs to
// somebody who is neither Windows, an administrator, nor the service.
func foreign(path string, service *windows.SID) error {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return err
	}
	// One handle for both questions: a path may be another thing a moment later.
	h, err := windows.CreateFile(name, windows.READ_CONTROL|windows.FILE_READ_ATTRIBUTES,
		windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE|windows.FILE_SHARE_DELETE, nil, windows.OPEN_EXISTING,
		windows.FILE_FLAG_BACKUP_SEMANTICS|windows.FILE_FLAG_OPEN_REPARSE_POINT, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("finding out whose %s is: %w", path, err)
	}
	defer windows.CloseHandle(h)
	var info windows.ByHandleFileInformation
	if err := windows.GetFileInformationByHandle(h, &info); err != nil {
		return fmt.Errorf("finding out what %s is: %w", path, err)
	}
	if info.FileAttributes&windows.FILE_ATTRIBUTE_REPARSE_POINT != 0 {
		return fmt.Errorf("%s leads to another place, which whoever made it may change; rename or remove it and try again", path)
	}
	if wine() {
		return nil
	}
	sd, err := windows.GetSecurityInfo(h, windows.SE_FILE_OBJECT, windows.OWNER_SECURITY_INFORMATION)
	if err != nil {
		return fmt.Errorf("finding out whose %s is: %w", path, err)
	}
	owner, _, err := sd.Owner()
	if err != nil {
		return fmt.Errorf("finding out whose %s is: %w", path, err)
	}
	if trusted(owner, service) {
		return nil
	}
	return fmt.Errorf(`%s was made by %s, not by an administrator, and may hold anything; rename it and try again. If all that is in it is as you want it: icacls "%s" /setowner *S-1-5-32-544`,
		path, person(owner), path)
}

// What administrators make belongs to their group, what Windows makes to one of
// the other two.
const trustedInstaller = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"

func trusted(owner, service *windows.SID) bool {
	return owner != nil && (owner.IsWellKnown(windows.WinBuiltinAdministratorsSid) ||
		owner.IsWellKnown(windows.WinLocalSystemSid) ||
		owner.String() == trustedInstaller || owner.Equals(service))
}

func person(sid *windows.SID) string {
	if sid == nil {
		return "nobody"
	}
	if account, domain, _, err := sid.LookupAccount(""); err == nil {
		return domain + `\` + account
	}
	return sid.String()
}

// wine reports whether this is Wine, which keeps no owners: there everything
// belongs to whoever asks, and nobody else can get at it.
func wine() bool {
	return windows.NewLazySystemDLL("ntdll.dll").NewProc("wine_get_version").Find() == nil
}
