; Logboom at home in Windows: firewall, Start menu, the icon, the list of installed programs.

!define RULEUDP "Logboom syslog (UDP)"
!define RULETCP "Logboom syslog (TCP)"

; AndPort puts a port into the list R0, unless it is there.
!macro AndPort port
  ${StrStr} $0 ",$R0," ",${port},"
  ${If} $R0 == ""
    StrCpy $R0 ${port}
  ${ElseIf} $0 == ""
    StrCpy $R0 "$R0,${port}"
  ${EndIf}
!macroend

; The rules are for our program and nothing else. An upgrade leaves them alone: somebody may have
; made them narrower, or deleted them.
!macro Rule name options
  !insertmacro Run '"$SYSDIR\netsh.exe" advfirewall firewall delete rule name="${name}"'   ; of a setup that was killed
  !insertmacro Run '"$SYSDIR\netsh.exe" advfirewall firewall add rule name="${name}" dir=in action=allow enable=yes profile=any program="$INSTDIR\logboom.exe" ${options}'
!macroend

Function Firewall
  ${If} $FIREWALL <> 1
  ${OrIf} $SETTLED = 1
    Return
  ${EndIf}
  !insertmacro Ports $TCP $R0
  !insertmacro AndPort 514
  !insertmacro AndPort 1514
  !insertmacro AndPort 6514
  !insertmacro Rule "${RULEUDP}" "protocol=udp"
  !insertmacro Rule "${RULETCP}" "protocol=tcp localport=$R0"
FunctionEnd

; AsAdmin sets "run as administrator" in a shortcut: bit 0x20 of byte 0x15, SLDF_RUNAS_USER of
; [MS-SHLLINK] 2.1.1. Settings and service are not for everybody.
!macro AsAdmin link
  ClearErrors
  FileOpen $R8 "${link}" a
  ${IfNot} ${Errors}
    FileSeek $R8 21
    FileReadByte $R8 $0
    IntOp $0 $0 | 0x20
    FileSeek $R8 21
    FileWriteByte $R8 $0
    FileClose $R8
  ${EndIf}
!macroend

Function StartMenu
  StrCpy $R0 "$SMPROGRAMS\${NAME}"
  CreateDirectory "$R0"
  WriteINIStr "$R0\Logboom console.url" "InternetShortcut" "URL" "${CONSOLE}"
  WriteINIStr "$R0\Logboom console.url" "InternetShortcut" "IconFile" "$INSTDIR\logboom.exe"
  WriteINIStr "$R0\Logboom console.url" "InternetShortcut" "IconIndex" "0"
  CreateShortcut "$R0\Logboom settings.lnk" "$SYSDIR\notepad.exe" '"$DATA\config.toml"' "$INSTDIR\logboom.exe" 0
  !insertmacro AsAdmin "$R0\Logboom settings.lnk"
  CreateShortcut "$R0\Logboom messages.lnk" "$WINDIR\explorer.exe" '"$DATA\data"'
  CreateShortcut "$R0\Logboom command line.lnk" "$SYSDIR\cmd.exe" '/k "cd /d "$INSTDIR" && logboom --help"' "$INSTDIR\logboom.exe" 0
  !insertmacro AsAdmin "$R0\Logboom command line.lnk"
  CreateShortcut "$R0\Logboom icon.lnk" "$INSTDIR\logboom-tray.exe"
  CreateShortcut "$R0\Remove Logboom.lnk" "$INSTDIR\uninstall.exe"
FunctionEnd

; Icons of other people's sessions go on from the renamed file until they log on again.
Function TrayIcon
  ${IfNot} ${Silent}
    nsExec::ExecToStack /TIMEOUT=10000 '"$INSTDIR\logboom-tray.exe" --quit'
    Pop $0
    Pop $0
  ${EndIf}
  !insertmacro Aside logboom-tray
  !insertmacro Move logboom-tray-new logboom-tray
  Delete "$INSTDIR\logboom-tray-old.exe"
  ClearErrors
  ${If} $TRAY = 1
    WriteRegStr HKLM "${RUNKEY}" "${NAME}" '"$INSTDIR\logboom-tray.exe"'
    ${IfNot} ${Silent}
      Exec '"$WINDIR\explorer.exe" "$INSTDIR\logboom-tray.exe"'
    ${EndIf}
  ${Else}
    DeleteRegValue HKLM "${RUNKEY}" "${NAME}"
  ${EndIf}
FunctionEnd

Function Register
  WriteUninstaller "$INSTDIR\uninstall.exe"
  WriteRegStr HKLM "Software\${NAME}" "InstallDir" "$INSTDIR"
  WriteRegStr HKLM "${UNINSTALLKEY}" "DisplayName" "${NAME}"
  WriteRegStr HKLM "${UNINSTALLKEY}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKLM "${UNINSTALLKEY}" "DisplayIcon" "$INSTDIR\logboom.exe"
  WriteRegStr HKLM "${UNINSTALLKEY}" "Publisher" "${NAME}"
  WriteRegStr HKLM "${UNINSTALLKEY}" "URLInfoAbout" "https://github.com/logboom/logboom"
  WriteRegStr HKLM "${UNINSTALLKEY}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKLM "${UNINSTALLKEY}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKLM "${UNINSTALLKEY}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKLM "${UNINSTALLKEY}" "NoModify" 1
  WriteRegDWORD HKLM "${UNINSTALLKEY}" "NoRepair" 1
  ${GetSize} "$INSTDIR" "/S=0K" $0 $1 $2
  WriteRegDWORD HKLM "${UNINSTALLKEY}" "EstimatedSize" $0
FunctionEnd
