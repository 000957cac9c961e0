; What is done, in an order in which every step may fail or be killed:
;
;   1. look: room on the disks, does the new program run, are the folders nobody else's, does it
;      accept the settings and files that are there
;   2. new files beside the old ones: from here on no room is needed
;   3. settings, if there are none
;   4. swap old and new by renaming; the old service runs on from the renamed file
;   5. "service install" of the new program registers it, stops the old one, which stores what it
;      has in hand, and starts the new one; it ends when that receives. If it does not: swap back.
;   6. firewall, Start menu, icon, the list of installed programs: home.nsh
;
; The folders are made or closed in step 1, by the program ("service folder"): who made a folder may
; do there what he likes, so others' are refused. A setup killed between 1 and 4 has changed nothing
; else; the next one goes on from wherever it was.

!define PROGRAM_MB 60   ; that must be free: the files twice, and a first day

Var TRY        ; how often something was tried
Var KEPT       ; 1 if there were settings
Var STARTED    ; exit code of "service install", and
Var STARTSAID  ; what it said

Section
  AddSize 25000   ; KB; what functions unpack is not counted
  !insertmacro Step "$(StepLook)"
  Call CheckRoom
  Call CheckFolders
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

; Folder makes or closes a folder, or fails. It is the first that the program is asked: a virus
; scanner may hold one that has just been unpacked.
!macro Folder argument
  ${For} $TRY 1 5
    !insertmacro Run '"$PLUGINSDIR\logboom.exe" service folder${argument}'
    ${If} $EXIT == 0
    ${OrIf} $EXIT == 1
      ${ExitFor}
    ${EndIf}
    Sleep 1000
  ${Next}
  ${If} $EXIT == 1
    Call Plain
    !insertmacro Fail ${FOREIGN} "$(FailForeign)"
  ${ElseIf} $EXIT != 0
    !insertmacro Fail ${FAILED} "$(FailProgram)"
  ${EndIf}
!macroend

; Empty fails if there is something in $INSTDIR.
!macro Empty
  ${DirState} "$INSTDIR" $0
  ${If} $0 = 1
    !insertmacro Fail ${FOREIGN} "$(FailFull)"
  ${EndIf}
!macroend

; Outside Program Files every user may make folders, and write in most that are there, what
; administrators would then run. What was there before the folder was closed may be anybody's.
Function CheckFolders
  Call Unpack
  !insertmacro Folder ""
  StrCpy $OURS 1
  ${StrStr} $0 "$INSTDIR\" "$PROGRAMFILES64\"
  ${If} $0 == ""
  ${AndIf} $SETTLED = 0
    !insertmacro Empty            ; somebody's own, whose rights are not ours to change
    !insertmacro Folder ' "$INSTDIR"'
    !insertmacro Empty
  ${EndIf}
FunctionEnd

Function CheckSettings
  ${If} ${FileExists} "$DATA\config.toml"
    StrCpy $KEPT 1
    StrCpy $R1 "$DATA\config.toml"
    !insertmacro Run '"$PLUGINSDIR\logboom.exe" --config "$R1" config check'
    StrCpy $R2 "$(FailSettings)"
  ${ElseIf} $GIVEN != ""
    StrCpy $R1 "$GIVEN"
    !insertmacro Run '"$PLUGINSDIR\logboom.exe" --config "$R1" config check'
    StrCpy $R2 "$(FailGiven)"
  ${Else}
    Call Draft
    StrCpy $R2 "$(FailAnswers)"
    StrCpy $GIVEN "$PLUGINSDIR\config.toml"
    StrCpy $R1 "$GIVEN"
  ${EndIf}
  ${If} $EXIT == "error"
    !insertmacro Fail ${FAILED} "$(FailProgram)"
  ${ElseIf} $EXIT != 0
    !insertmacro Fail ${SETTINGS} "$R2"
  ${EndIf}
  !insertmacro Run '"$PLUGINSDIR\logboom.exe" --config "$R1" takeover'
  ${If} $EXIT != 0
    Call Plain
    !insertmacro Fail ${SETTINGS} "$(FailFiles)"
  ${EndIf}
FunctionEnd

; --- 2. new files beside the old ones
Function NewFiles
  ; A setup that was killed in the middle of step 4.
  ${IfNot} ${FileExists} "$INSTDIR\logboom.exe"
  ${AndIf} ${FileExists} "$INSTDIR\logboom-old.exe"
    Rename "$INSTDIR\logboom-old.exe" "$INSTDIR\logboom.exe"
  ${EndIf}
  CreateDirectory "$INSTDIR"
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
  ${If} $OURS = 1
    RMDir "$DATA"     ; if there is nothing in it
  ${EndIf}
FunctionEnd

; --- 3. settings
; Rights gives everything in $DATA to administrators, with the rights that $DATA has: before it was
; closed, others may have left files there, or rights for themselves. It is tried again, as files of
; a service that runs come and go. Nothing is open for a moment, as $DATA itself is closed.
!macro Rights options
  StrCpy $R6 0
  ${Do}
    !insertmacro Run '"$SYSDIR\icacls.exe" "$DATA\*" ${options} /T /L /Q'
    ${If} $EXIT == 0
      ${ExitDo}
    ${EndIf}
    Sleep 250
    IntOp $R6 $R6 + 1
  ${LoopUntil} $R6 > 4
  ${If} $EXIT != 0
    StrCpy $R2 "$DATA"
    !insertmacro Fail ${NOROOM} "$(FailRightsOf)"
  ${EndIf}
!macroend

Function MakeData
  CreateDirectory "$DATA\data"
  CreateDirectory "$DATA\logs"
  !insertmacro Rights "/setowner *S-1-5-32-544"
  !insertmacro Rights "/reset"
  ${IfNot} ${FileExists} "$DATA\config.toml"
    CopyFiles /SILENT "$GIVEN" "$DATA\config.toml"
  ${EndIf}
  ClearErrors
  SetOutPath "$DATA"
  SetOverwrite try
  File "${ROOT}/out/windows/config.example.toml"
  SetOverwrite on
  SetOutPath "$INSTDIR"
  ${If} ${Errors}
  ${OrIfNot} ${FileExists} "$DATA\config.toml"
    StrCpy $R2 "$DATA"
    !insertmacro Fail ${NOROOM} "$(FailWrite)"
  ${EndIf}
FunctionEnd

; --- 4. swap
; Move renames a program, for some seconds again and again: virus scanners hold a new file for a
; moment. The error flag is set if it stays so.
!macro Move from to
  StrCpy $R6 0
  ${Do}
    ClearErrors
    Rename "$INSTDIR\${from}.exe" "$INSTDIR\${to}.exe"
    ${IfNot} ${Errors}
      ${ExitDo}
    ${EndIf}
    Sleep 250
    IntOp $R6 $R6 + 1
  ${LoopUntil} $R6 > 40
!macroend

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
    !insertmacro Move ${program} ${program}-old
  ${EndIf}
!macroend

Function Swap
  !insertmacro Aside logboom
  ${IfNot} ${FileExists} "$INSTDIR\logboom.exe"
    !insertmacro Move logboom-new logboom
  ${EndIf}
  ${If} ${FileExists} "$INSTDIR\logboom-new.exe"
    ${IfNot} ${FileExists} "$INSTDIR\logboom.exe"
      !insertmacro Move logboom-old logboom
    ${EndIf}
    !insertmacro Fail ${NOROOM} "$(FailSwap)"
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

; BringBack puts the old version in its place again and starts it, unless the new one has changed
; files so that the old one cannot read them. (One so old that it does not know the question has exit
; code 2.)
Function BringBack
  !insertmacro Run '"$INSTDIR\logboom-old.exe" --config "$DATA\config.toml" takeover'
  ${If} $EXIT == 1
    StrCpy $STARTSAID "$STARTSAID$\r$\n$(OldCannot)$\r$\n$SAID"
    Return
  ${EndIf}
  !insertmacro Run '"$INSTDIR\logboom.exe" service stop'
  !insertmacro Move logboom logboom-new
  !insertmacro Move logboom-old logboom
  !insertmacro Run '"$INSTDIR\logboom.exe" --config "$DATA\config.toml" service install'
  StrCpy $R3 "$(OldRuns)"
  ${If} $EXIT != 0
    StrCpy $R3 "$(OldFails)"
  ${EndIf}
  StrCpy $R2 $STARTSAID
  !insertmacro Fail ${NOSTART} "$(FailUpgrade)"
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
