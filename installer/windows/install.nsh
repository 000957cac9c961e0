; What is done, in an order in which every step may fail or be killed:
;
;   1. look: room on the disks, does the new program run, does it accept the settings
;   2. new files beside the old ones: from here on no room is needed
;   3. settings, if there are none, in a folder that only administrators and the service may read
;   4. swap old and new by renaming; the old service runs on from the renamed file
;   5. "service install" of the new program registers it, stops the old one, which stores what it
;      has in hand, and starts the new one; it ends when that receives. If it does not: swap back.
;   6. firewall, Start menu, icon, the list of installed programs
;
; A setup killed between 1 and 4 has changed nothing; the next one goes on from wherever it was.

!define PROGRAM_MB 60   ; that must be free: the files twice, and a first day
; Of NT SERVICE\logboom, made from the name: "sc showsid logboom" shows it. The account itself is
; there only when the service is.
!define SERVICESID "S-1-5-80-1204872863-1219930234-367703613-2815166696-2120321921"
!define RULEUDP "Logboom syslog (UDP)"
!define RULETCP "Logboom syslog (TCP)"

Var UNPACKED   ; 1 if the new program is in $PLUGINSDIR
Var KEPT       ; 1 if there were settings
Var STARTED    ; exit code of "service install", and
Var STARTSAID  ; what it said

Section
  AddSize 25000   ; KB; what functions unpack is not counted
  !insertmacro Step "$(StepLook)"
  Call CheckRoom
  Call CheckSettings
  !insertmacro Step "$(StepFiles)"
  Call NewFiles
  Call MakeData
  Call Swap
  !insertmacro Step "$(StepStart)"
  Call StartService
  !insertmacro Step "$(StepHome)"
  Call Firewall
  Call StartMenu
  Call TrayIcon
  Call Register
  ${If} $STARTED != 0
    StrCpy $SAID $STARTSAID
    !insertmacro Fail ${NOSTART} "$(FailStart)"
  ${EndIf}
  Call SayTaken
SectionEnd

; --- 1. look
!macro Room path
  ${GetRoot} "${path}" $R2
  ClearErrors
  ${DriveSpace} "$R2\" "/D=F /S=M" $R3
  ${IfNot} ${Errors}
  ${AndIf} $R3 < ${PROGRAM_MB}
    StrCpy $R4 ${PROGRAM_MB}
    !insertmacro Fail ${NOROOM} "$(FailRoom)"
  ${EndIf}
!macroend

Function CheckRoom
  !insertmacro Room "$TEMP"
  !insertmacro Room "$INSTDIR"
  !insertmacro Room "$DATA"
FunctionEnd

; Unpack puts the new program where the pages can ask it things.
Function Unpack
  ${If} $UNPACKED != 1
    SetOutPath "$PLUGINSDIR"
    File "${PROGRAMS}/logboom.exe"
    StrCpy $UNPACKED 1
  ${EndIf}
FunctionEnd

Function CheckSettings
  Call Unpack
  ${If} ${FileExists} "$DATA\config.toml"
    StrCpy $KEPT 1
    !insertmacro Run '"$PLUGINSDIR\logboom.exe" --config "$DATA\config.toml" config check'
    StrCpy $R2 "$(FailSettings)"
  ${ElseIf} $GIVEN != ""
    !insertmacro Run '"$PLUGINSDIR\logboom.exe" --config "$GIVEN" config check'
    StrCpy $R2 "$(FailGiven)"
  ${Else}
    Call Draft
    StrCpy $R2 "$(FailAnswers)"
    StrCpy $GIVEN "$PLUGINSDIR\config.toml"
  ${EndIf}
  ${If} $EXIT == "error"
    !insertmacro Fail ${FAILED} "$(FailProgram)"
  ${ElseIf} $EXIT != 0
    !insertmacro Fail ${SETTINGS} "$R2"
  ${EndIf}
FunctionEnd

; Draft writes the shipped settings, with what was typed in their places, to config.toml in
; $PLUGINSDIR. EXIT and SAID tell whether they are right. The token is on no command line.
Function Draft
  Call Unpack
  Delete "$PLUGINSDIR\config.toml"
  FileOpen $R8 "$PLUGINSDIR\answers.toml" w
  Push $UDP
  Call PortList
  Pop $R0
  Push $TCP
  Call PortList
  Pop $R1
  StrCpy $EXIT 1
  ${If} $R0 == "bad"
  ${OrIf} $R1 == "bad"
    StrCpy $SAID "$(PortsBad)"
  ${ElseIf} "$R0$R1" == "[][]"
    StrCpy $SAID "$(PortsNone)"
  ${Else}
    StrCpy $EXIT 0
  ${EndIf}
  FileWrite $R8 "listen.udp = $R0$\nlisten.tcp = $R1$\n"
  ${If} $TOKEN != ""
  ${AndIf} $CHAT != ""
    FileWrite $R8 "telegram.token = '$TOKEN'$\ntelegram.chat_id = '$CHAT'$\n"
  ${EndIf}
  FileClose $R8
  ${If} $EXIT = 0
    !insertmacro Run '"$PLUGINSDIR\logboom.exe" config init --with "$PLUGINSDIR\answers.toml" --output "$PLUGINSDIR\config.toml"'
    Call Plain
  ${EndIf}
  Delete "$PLUGINSDIR\answers.toml"
FunctionEnd

; Plain leaves out of $SAID who says it, and the file that only we know.
Function Plain
  StrCpy $0 $SAID 9
  ${If} $0 == "logboom: "
    StrCpy $SAID $SAID "" 9
  ${EndIf}
  ${StrStr} $0 $SAID "cannot be used:"
  ${If} $0 != ""
    StrCpy $SAID $0 "" 15
    ${WordReplace} "$SAID" "$\r" "" "+" $SAID
    ${WordReplace} "$SAID" "$\n  " "$\n" "+" $SAID
    ${WordReplace} "$SAID" "$\n" "" "{*" $SAID
  ${EndIf}
FunctionEnd

; PortList makes from "514, 1514" the list [":514", ":1514"], or "bad".
Function PortList
  Exch $0
  Push $1   ; a character
  Push $2   ; the list
  Push $3   ; a number
  StrCpy $2 ""
  StrCpy $3 ""
  StrCpy $0 "$0,"
  ${Do}
    StrCpy $1 $0 1
    StrCpy $0 $0 "" 1
    ${If} $1 == ","
    ${OrIf} $1 == " "
    ${OrIf} $1 == ";"
      ${If} $3 != ""
        ${If} $2 != ""
          StrCpy $2 "$2, "
        ${EndIf}
        ${If} $3 < 1
        ${OrIf} $3 > 65535
          StrCpy $2 "bad"
          ${ExitDo}
        ${EndIf}
        IntOp $3 $3 + 0
        StrCpy $2 '$2":$3"'
        StrCpy $3 ""
      ${EndIf}
    ${Else}
      ${StrStr} $R9 "0123456789" $1
      StrLen $R7 $3
      ${If} $R9 == ""
      ${OrIf} $R7 > 5
        StrCpy $2 "bad"
        ${ExitDo}
      ${EndIf}
      StrCpy $3 "$3$1"
    ${EndIf}
  ${LoopUntil} $0 == ""
  ${If} $2 != "bad"
    StrCpy $2 "[$2]"
  ${EndIf}
  StrCpy $0 $2
  Pop $3
  Pop $2
  Pop $1
  Exch $0
FunctionEnd

; Taken asks the program $R0 with the settings $R1 who holds its ports. R3 has a line for each, or
; nothing.
Function Taken
  StrCpy $R3 ""
  !insertmacro Log "run: $R0 --config $R1 doctor --offline"
  nsExec::ExecToStack /TIMEOUT=30000 '"$SYSDIR\cmd.exe" /c ""$R0" --config "$R1" doctor --offline >"$PLUGINSDIR\doctor.txt" 2>&1"'
  Pop $0
  Pop $0
  ClearErrors
  FileOpen $R8 "$PLUGINSDIR\doctor.txt" r
  ${IfNot} ${Errors}
    ${Do}
      FileRead $R8 $0
      ${If} ${Errors}
        ${ExitDo}
      ${EndIf}
      StrCpy $1 $0 7
      ${If} $1 == "[x] udp"
      ${OrIf} $1 == "[x] tcp"
        StrCpy $0 $0 "" 4
        StrCpy $R3 "$R3$0"
      ${EndIf}
    ${Loop}
    FileClose $R8
  ${EndIf}
  ClearErrors
FunctionEnd

; --- 2. new files beside the old ones
Function NewFiles
  ; A setup that was killed in the middle of step 4.
  ${IfNot} ${FileExists} "$INSTDIR\logboom.exe"
  ${AndIf} ${FileExists} "$INSTDIR\logboom-old.exe"
    Rename "$INSTDIR\logboom-old.exe" "$INSTDIR\logboom.exe"
  ${EndIf}
  ClearErrors
  SetOutPath "$INSTDIR"
  SetOverwrite try
  File "/oname=logboom-new.exe" "${PROGRAMS}/logboom.exe"
  File "/oname=logboom-tray-new.exe" "${PROGRAMS}/logboom-tray.exe"
  SetOverwrite on
  ${If} ${Errors}
    StrCpy $R2 "$INSTDIR"
    !insertmacro Fail ${NOROOM} "$(FailWrite)"
  ${EndIf}
FunctionEnd

Function .onInstFailed
  Delete "$INSTDIR\logboom-new.exe"
  Delete "$INSTDIR\logboom-tray-new.exe"
  ${If} $UPGRADE = 0
    RMDir "$INSTDIR"
  ${EndIf}
FunctionEnd

; --- 3. settings
Function MakeData
  CreateDirectory "$DATA"
  ${If} $UPGRADE = 0
    ; Every user may make folders under ProgramData, and so may have made this one.
    !insertmacro Run 'icacls "$DATA" /setowner *S-1-5-32-544'
    !insertmacro Run 'icacls "$DATA" /reset'
  ${EndIf}
  !insertmacro Run 'icacls "$DATA" /inheritance:r /grant:r *S-1-5-18:(OI)(CI)F *S-1-5-32-544:(OI)(CI)F *${SERVICESID}:(OI)(CI)M'
  CreateDirectory "$DATA\data"
  CreateDirectory "$DATA\logs"
  ${IfNot} ${FileExists} "$DATA\config.toml"
    CopyFiles /SILENT "$GIVEN" "$DATA\config.toml"
  ${EndIf}
  ClearErrors
  SetOutPath "$DATA"
  SetOverwrite try
  File "/oname=config.example.toml" "${ROOT}/config.toml"
  SetOverwrite on
  SetOutPath "$INSTDIR"
  ${If} ${Errors}
  ${OrIfNot} ${FileExists} "$DATA\config.toml"
    StrCpy $R2 "$DATA"
    !insertmacro Fail ${NOROOM} "$(FailWrite)"
  ${EndIf}
FunctionEnd

; --- 4. swap
; A program that runs cannot be overwritten, but renamed. Its new name is that with -old; what had
; that name and still runs, in some terminal, gets a name that nobody has and goes with a restart
; of Windows.
!macro Aside program
  ${If} ${FileExists} "$INSTDIR\${program}.exe"
    Delete "$INSTDIR\${program}-old.exe"
    ${If} ${FileExists} "$INSTDIR\${program}-old.exe"
      GetTempFileName $R5 "$INSTDIR"
      Delete "$R5"
      Rename "$INSTDIR\${program}-old.exe" "$R5"
      System::Call 'kernel32::MoveFileExW(w R5, p 0, i 4)'   ; MOVEFILE_DELAY_UNTIL_REBOOT
    ${EndIf}
    Rename "$INSTDIR\${program}.exe" "$INSTDIR\${program}-old.exe"
  ${EndIf}
!macroend

Function Swap
  ClearErrors
  !insertmacro Aside logboom
  Rename "$INSTDIR\logboom-new.exe" "$INSTDIR\logboom.exe"
  ${If} ${Errors}
  ${OrIfNot} ${FileExists} "$INSTDIR\logboom.exe"
    ${IfNot} ${FileExists} "$INSTDIR\logboom.exe"
      Rename "$INSTDIR\logboom-old.exe" "$INSTDIR\logboom.exe"
    ${EndIf}
    ${If} ${FileExists} "$INSTDIR\logboom-new.exe"
      !insertmacro Fail ${NOROOM} "$(FailSwap)"
    ${EndIf}
  ${EndIf}
FunctionEnd

; --- 5. the service
; A silent upgrade leaves a service stopped that somebody has stopped.
Function StartService
  StrCpy $R6 ""
  ${If} $UPGRADE = 1
  ${AndIf} ${Silent}
    !insertmacro Run '"$INSTDIR\logboom.exe" service status'
    ${StrStr} $0 $SAID "is stopped"
    ${If} $0 != ""
      StrCpy $R6 " --no-start"
    ${EndIf}
  ${EndIf}
  !insertmacro Run '"$INSTDIR\logboom.exe" --config "$DATA\config.toml" service install$R6'
  StrCpy $STARTED $EXIT
  StrCpy $STARTSAID $SAID
  ${If} $EXIT == 0
    Delete "$INSTDIR\logboom-old.exe"
    ClearErrors
    Return
  ${EndIf}
  ${If} ${FileExists} "$INSTDIR\logboom-old.exe"
    Call BringBack
  ${EndIf}
FunctionEnd

; BringBack puts the old version in its place again and starts it.
Function BringBack
  !insertmacro Run '"$INSTDIR\logboom.exe" service stop'
  Rename "$INSTDIR\logboom.exe" "$INSTDIR\logboom-new.exe"
  Rename "$INSTDIR\logboom-old.exe" "$INSTDIR\logboom.exe"
  !insertmacro Run '"$INSTDIR\logboom.exe" --config "$DATA\config.toml" service install'
  StrCpy $R3 "$(OldRuns)"
  ${If} $EXIT != 0
    StrCpy $R3 "$(OldFails)"
  ${EndIf}
  StrCpy $R2 $STARTSAID
  !insertmacro Fail ${NOSTART} "$(FailUpgrade)"
FunctionEnd

; --- 6. at home in Windows
; The rules are for our program and nothing else. One that is there stays: somebody may have made
; it narrower.
!macro Rule name options
  nsExec::ExecToStack 'netsh advfirewall firewall show rule name="${name}"'
  Pop $0
  Pop $1
  ${If} $0 != 0
  ${OrIf} $UPGRADE = 0
    !insertmacro Run 'netsh advfirewall firewall add rule name="${name}" dir=in action=allow enable=yes profile=any program="$INSTDIR\logboom.exe" ${options}'
  ${EndIf}
!macroend

Function Firewall
  ${If} $FIREWALL <> 1
    Return
  ${EndIf}
  StrCpy $R0 ""
  ${If} $TCP != ""
    ${WordReplace} "$TCP" " " "" "+" $R0
    ${WordReplace} "$R0" ";" "," "+" $R0
    StrCpy $R0 ",$R0"
  ${EndIf}
  !insertmacro Rule "${RULEUDP}" "protocol=udp"
  !insertmacro Rule "${RULETCP}" "protocol=tcp localport=514,1514,6514$R0"
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
  Rename "$INSTDIR\logboom-tray-new.exe" "$INSTDIR\logboom-tray.exe"
  Delete "$INSTDIR\logboom-tray-old.exe"
  ClearErrors
  ${If} $TRAY = 1
    WriteRegStr HKLM "${RUNKEY}" "${NAME}" '"$INSTDIR\logboom-tray.exe"'
    ${IfNot} ${Silent}
      Exec '"$WINDIR\explorer.exe" "$INSTDIR\logboom-tray.exe"'
    ${EndIf}
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

; SayTaken tells who holds a port. The service runs all the same, and takes it when it is free.
Function SayTaken
  StrCpy $R0 "$INSTDIR\logboom.exe"
  StrCpy $R1 "$DATA\config.toml"
  Call Taken
  ${If} $R3 == ""
    Return
  ${EndIf}
  StrCpy $WHY "$(TakenPorts)"
  !insertmacro Log "$WHY"
  ${If} ${Silent}
    Call Tell
    SetErrorLevel ${PORTTAKEN}
  ${Else}
    MessageBox MB_OK|MB_ICONEXCLAMATION "$WHY"
  ${EndIf}
FunctionEnd
