; What setup and the uninstaller say, and how they end.
;
; Everything is written to logs\setup.log under ProgramData\Logboom, or if that is not there to
; logboom-setup.log in %TEMP%, or where /LOG= says. In a silent run why it failed also goes to the
; terminal that started it, if it waits.

; --- exit codes. 1 (somebody pressed Cancel) and 2 (anything else) are those of NSIS.
!define CANCELLED 1
!define FAILED    2
!define NORIGHTS  3   ; not an administrator
!define BUSY      4   ; another setup or uninstaller runs
!define SETTINGS  5   ; the settings there are cannot be used by this version; nothing was changed
!define NOSTART   6   ; the service does not start; an older version was put back and runs
!define NOROOM    7   ; disk full, or files cannot be written; nothing was changed
!define PORTTAKEN 8   ; installed and running, but another program holds a port; it is taken when free
!define FOREIGN   9   ; the folder of the settings or of the program is somebody else's; nothing was changed
!define ELSEWHERE 10  ; Logboom is installed in another folder than /D; nothing was changed

Var LOG      ; file that is written while we run
Var LOGTO    ; /LOG=
Var OURS     ; 1 if $DATA is known to be nobody else's, so that we may write and delete there
Var CODE     ; of Fail
Var WHY
Var EXIT     ; of the last command: its exit code, or "error" or "timeout"
Var SAID     ; what it said, up to NSIS_MAX_STRLEN

!macro Log text
  Push "${text}"
  Call ${UN}Log
!macroend

; Step says above the bar what is being done.
!macro Step text
  SetDetailsPrint textonly
  DetailPrint "${text}"
  SetDetailsPrint listonly
!macroend

; Run sets EXIT and SAID. The command begins with a whole path: a program of Windows that is only
; named is looked for beside setup.exe first, in a folder of downloads, and would get our rights.
!macro Run command
  Push '${command}'
  Call ${UN}Run
!macroend

!macro Fail code text
  StrCpy $CODE ${code}
  StrCpy $WHY "${text}"
  Call ${UN}Fail
!macroend

; Begin is the first thing of both programs; R9 holds their options after it.
!macro Begin
  SetRegView 64
  SetShellVarContext all        ; $APPDATA is C:\ProgramData, the Start menu everybody's
  StrCpy $DATA "$APPDATA\${NAME}"
  InitPluginsDir
  StrCpy $OURS 0
  StrCpy $LOG "$PLUGINSDIR\setup.log"
  ${GetParameters} $R9
  ${GetOptions} $R9 "/LOG=" $LOGTO
  UserInfo::GetAccountType
  Pop $0
  ${If} $0 != "Admin"
    !insertmacro Fail ${NORIGHTS} "$(FailRights)"
  ${EndIf}
!macroend

; Alone holds a mutex until the end of the program; Windows releases it for a killed one.
!macro Alone
  System::Call 'kernel32::CreateMutexW(p 0, i 0, w "Global\LogboomSetup") p .r1 ?e'
  Pop $0
  ${If} $0 = 183                ; ERROR_ALREADY_EXISTS
  ${OrIf} $1 P= 0               ; or it belongs to another account
    !insertmacro Fail ${BUSY} "$(FailBusy)"
  ${EndIf}
!macroend

!macro LogFunctions UN
Function ${UN}Log
  Exch $0
  Push $1
  Push $2
  Push $3
  Push $4
  Push $5
  Push $6
  Push $7
  Push $8
  SetDetailsPrint listonly
  DetailPrint "$0"
  ${GetTime} "" "L" $1 $2 $3 $4 $5 $6 $7     ; day month year weekday hour minute second
  ClearErrors
  FileOpen $8 "$LOG" a
  ${IfNot} ${Errors}
    FileSeek $8 0 END
    FileWrite $8 "$3-$2-$1 $5:$6:$7 $0$\r$\n"
    FileClose $8
  ${EndIf}
  ClearErrors
  Pop $8
  Pop $7
  Pop $6
  Pop $5
  Pop $4
  Pop $3
  Pop $2
  Pop $1
  Pop $0
FunctionEnd

Function ${UN}Run
  Exch $0
  !insertmacro Log "run: $0"
  nsExec::ExecToStack /TIMEOUT=180000 '$0'
  Pop $EXIT
  Pop $SAID
  Call ${UN}Decode
  !insertmacro Log "exit code $EXIT: $SAID"
  Pop $0
FunctionEnd

; Decode reads $SAID as the UTF-8 that it is: nsExec took it for the code page of Windows.
Function ${UN}Decode
  Push $0
  Push $1
  StrCpy $1 $SAID               ; in quotes in the call, its own quotes would end it
  System::Alloc 4096
  Pop $0
  System::Call 'kernel32::WideCharToMultiByte(i 0, i 0, w r1, i -1, p r0, i 4096, p 0, p 0)'
  System::Call 'kernel32::MultiByteToWideChar(i 65001, i 0, p r0, i -1, w .s, i ${NSIS_MAX_STRLEN})'
  Pop $SAID
  System::Free $0
  Pop $1
  Pop $0
FunctionEnd

Function ${UN}KeepLog
  ${If} $LOGTO == ""
    StrCpy $LOGTO "$TEMP\logboom-setup.log"
    ${If} $OURS = 1
    ${AndIf} ${FileExists} "$DATA\logs\*.*"
      StrCpy $LOGTO "$DATA\logs\setup.log"
    ${EndIf}
  ${EndIf}
  ClearErrors
  CopyFiles /SILENT "$LOG" "$LOGTO"
  ClearErrors
FunctionEnd

; Tell writes $WHY to the terminal that started us, if there is one.
Function ${UN}Tell
  System::Call 'kernel32::AttachConsole(i -1)'
  System::Call 'kernel32::GetStdHandle(i -12) p .r1'
  FileWrite $1 "logboom setup: $WHY$\r$\n"
FunctionEnd

; Fail ends the program with $CODE and says $WHY.
Function ${UN}Fail
  !insertmacro Log "failed, exit code $CODE: $WHY"
  ${If} ${Silent}
    Call ${UN}Tell
  ${Else}
    MessageBox MB_OK|MB_ICONSTOP "$WHY"
  ${EndIf}
  Call ${UN}KeepLog
  SetErrorLevel $CODE
  Abort
FunctionEnd
!macroend

!define UN ""
!insertmacro LogFunctions ""
!undef UN
!define UN "un."
!insertmacro LogFunctions "un."
!undef UN
