; setup.exe of Logboom: "make setup". Needs makensis 3.08 with the stub amd64-unicode.
;
;   logboom-VERSION-setup.exe [/S] [/CONFIG=file] [/NOFIREWALL] [/NOTRAY] [/LOG=file] [/D=C:\folder]
;   uninstall.exe [/S] [/PURGE] [/LOG=file]
;
; Exit codes stand in log.nsh, what is done in install.nsh, in which order and why.
; What people see stands in wizard.nsh and text.nsh.

Unicode true
Target amd64-unicode
ManifestDPIAware true
ManifestSupportedOS Win10
RequestExecutionLevel admin
SetCompressor /SOLID lzma
SetDateSave off                 ; two builds, the same bytes

!include MUI2.nsh
!include FileFunc.nsh
!include LogicLib.nsh
!include WinVer.nsh
!include x64.nsh
!include StrFunc.nsh
!include WordFunc.nsh
${StrStr}
${UnStrStr}

!define NAME "Logboom"
!define ROOT "${HERE}/../.."
!ifndef PROGRAMS
  !define PROGRAMS "${ROOT}/out/windows"
!endif
!define UNINSTALLKEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\${NAME}"
!define RUNKEY "Software\Microsoft\Windows\CurrentVersion\Run"
!define CONSOLE "http://127.0.0.1:8514/"

Name "${NAME}"
Caption "${NAME} ${VERSION}"
UninstallCaption "Remove ${NAME} ${VERSION}"
OutFile "${OUT}"
InstallDir "$PROGRAMFILES64\${NAME}"
InstallDirRegKey HKLM "Software\${NAME}" "InstallDir"
BrandingText "${NAME} ${VERSION}"
ShowInstDetails hide
ShowUninstDetails hide
!uninstfinalize '"${HERE}/sign" "%1"'

VIProductVersion "${NUMBERS}"
VIFileVersion "${NUMBERS}"
VIAddVersionKey ProductName "${NAME}"
VIAddVersionKey ProductVersion "${VERSION}"
VIAddVersionKey FileVersion "${VERSION}"
VIAddVersionKey FileDescription "${NAME} syslog server, setup"
VIAddVersionKey CompanyName "${NAME}"
VIAddVersionKey LegalCopyright "MIT License"

Var DATA       ; C:\ProgramData\Logboom
Var UPGRADE    ; 1 if there is a Logboom already, whose version is replaced
Var SETTLED    ; 1 if a setup has done its work here: firewall and icon stay as people want them
Var CHOOSE     ; 1 if the page with ports and folder is wanted
Var ALERTS     ; 1 if the page with Telegram is wanted
Var UDP        ; ports as typed: "514, 1514"
Var TCP
Var TOKEN      ; of Telegram
Var CHAT
Var GIVEN      ; /CONFIG: settings to begin with
Var FIREWALL   ; 1 if the rules are wanted
Var TRAY       ; 1 if the icon is wanted

!include log.nsh
!define UN ""
!include ask.nsh
!include install.nsh
!include home.nsh
!include uninstall.nsh
!include wizard.nsh
!include text.nsh

Function .onInit
  !insertmacro Begin
  ${GetOptions} $R9 "/CONFIG=" $GIVEN
  ${If} $GIVEN != ""
    GetFullPathName $GIVEN "$GIVEN"
  ${EndIf}
  StrCpy $SETTLED 0
  ReadRegStr $R8 HKLM "Software\${NAME}" "InstallDir"
  ${If} $R8 != ""
  ${AndIf} ${FileExists} "$R8\*.exe"
    StrCpy $SETTLED 1
  ${EndIf}
  StrCpy $TRAY 1
  ReadRegStr $0 HKLM "${RUNKEY}" "${NAME}"
  ${If} $0 == ""
  ${AndIf} $SETTLED = 1
    StrCpy $TRAY 0
  ${EndIf}
  StrCpy $FIREWALL 1
  ClearErrors
  ${GetOptions} $R9 "/NOFIREWALL" $0
  ${IfNot} ${Errors}
    StrCpy $FIREWALL 0
  ${EndIf}
  ClearErrors
  ${GetOptions} $R9 "/NOTRAY" $0
  ${IfNot} ${Errors}
    StrCpy $TRAY 0
  ${EndIf}
  StrCpy $UDP "514, 1514"
  !insertmacro Alone
  ${IfNot} ${RunningX64}
  ${OrIfNot} ${AtLeastWin10}
    !insertmacro Fail ${FAILED} "$(FailWindows)"
  ${EndIf}
  ${If} $SETTLED = 1
  ${AndIf} $INSTDIR != $R8
    !insertmacro Fail ${ELSEWHERE} "$(FailElsewhere)"
  ${EndIf}
  StrCpy $UPGRADE 0
  ${If} ${FileExists} "$INSTDIR\logboom.exe"
  ${OrIf} ${FileExists} "$INSTDIR\logboom-old.exe"
    StrCpy $UPGRADE 1
  ${EndIf}
  !insertmacro Log "setup of ${NAME} ${VERSION} into $INSTDIR, upgrade: $UPGRADE"
FunctionEnd

Function .onInstSuccess
  Call KeepLog
FunctionEnd
