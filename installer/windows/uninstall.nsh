; The uninstaller: the service first, which stores what it has in hand; what it leaves behind are
; settings and messages, unless asked to delete them.

Var PURGE      ; 1 if they are to go, too

!undef UN
!define UN "un."

Function un.onInit
  !insertmacro Begin
  ClearErrors
  ${GetOptions} $R9 "/PURGE" $0
  StrCpy $PURGE 1
  ${If} ${Errors}
    StrCpy $PURGE 0
  ${EndIf}
  !insertmacro Alone
  !insertmacro Log "removing ${NAME} ${VERSION} from $INSTDIR, purge: $PURGE"
FunctionEnd

Function un.onUninstSuccess
  Call un.KeepLog
FunctionEnd

Section "Uninstall"
  !insertmacro Step "$(StepStop)"
  ${If} ${FileExists} "$DATA\*.*"
    !insertmacro Run '"$INSTDIR\logboom.exe" service folder'
    ${If} $EXIT == 0
      StrCpy $OURS 1
    ${EndIf}
  ${EndIf}
  Call un.Service
  !insertmacro Step "$(StepRemove)"
  nsExec::ExecToStack /TIMEOUT=10000 '"$INSTDIR\logboom-tray.exe" --quit'
  Pop $0
  Pop $0
  !insertmacro Run '"$SYSDIR\taskkill.exe" /F /IM logboom-tray.exe'  ; those of other users
  !insertmacro Run '"$SYSDIR\netsh.exe" advfirewall firewall delete rule name="${RULEUDP}"'
  !insertmacro Run '"$SYSDIR\netsh.exe" advfirewall firewall delete rule name="${RULETCP}"'
  DeleteRegValue HKLM "${RUNKEY}" "${NAME}"
  DeleteRegKey HKLM "${UNINSTALLKEY}"
  DeleteRegKey HKLM "Software\${NAME}"
  RMDir /r "$SMPROGRAMS\${NAME}"
  Delete /REBOOTOK "$INSTDIR\logboom.exe"
  Delete /REBOOTOK "$INSTDIR\logboom-old.exe"
  Delete "$INSTDIR\logboom-new.exe"
  Delete /REBOOTOK "$INSTDIR\logboom-tray.exe"
  Delete /REBOOTOK "$INSTDIR\logboom-tray-old.exe"
  Delete "$INSTDIR\logboom-tray-new.exe"
  Delete /REBOOTOK "$INSTDIR\ns*.tmp"             ; see Aside in install.nsh
  Delete "$INSTDIR\uninstall.exe"
  RMDir /REBOOTOK "$INSTDIR"
  ${If} $OURS = 1
    Delete "$DATA\config.example.toml"
  ${EndIf}
  ${If} $PURGE = 1
  ${AndIf} $OURS = 1
    !insertmacro Log "deleting $DATA"
    RMDir /r "$DATA"
  ${ElseIf} $PURGE = 1
  ${AndIf} ${FileExists} "$DATA\*.*"
    StrCpy $WHY "$(NotPurged)"
    !insertmacro Log "$WHY"
    ${If} ${Silent}
      Call un.Tell
    ${Else}
      MessageBox MB_OK|MB_ICONEXCLAMATION "$WHY"
    ${EndIf}
    SetErrorLevel ${FOREIGN}
  ${EndIf}
  !insertmacro Step "$(StepGone)"
SectionEnd

; Service stops the service and takes it away. If it does not stop, nothing is removed.
Function un.Service
  ${IfNot} ${FileExists} "$INSTDIR\logboom.exe"
    !insertmacro Run '"$SYSDIR\sc.exe" stop logboom'
    !insertmacro Run '"$SYSDIR\sc.exe" delete logboom'
    Return
  ${EndIf}
  !insertmacro Run '"$INSTDIR\logboom.exe" service uninstall'
  ${If} $EXIT == 0
    Return
  ${EndIf}
  StrCpy $R0 $SAID
  !insertmacro Run '"$INSTDIR\logboom.exe" service status'
  ${UnStrStr} $0 $SAID "not installed"
  ${If} $0 == ""
    StrCpy $SAID $R0
    !insertmacro Fail ${FAILED} "$(FailStop)"
  ${EndIf}
FunctionEnd

!undef UN
!define UN ""
