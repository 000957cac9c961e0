; What setup asks the new program, before it is installed and after: are these settings right, who
; holds a port. The program knows; setup only writes down what was typed.

Var UNPACKED   ; 1 if the new program is in $PLUGINSDIR

; Unpack puts the new program where the pages can ask it things.
Function Unpack
  ${If} $UNPACKED != 1
    SetOutPath "$PLUGINSDIR"
    File "${PROGRAMS}/logboom.exe"
    StrCpy $UNPACKED 1
  ${EndIf}
FunctionEnd

; Quoted makes a string of TOML from what was typed.
!macro Quoted typed out
  ${WordReplace} "${typed}" "\" "\\" "+" ${out}
  ${WordReplace} "${out}" '"' '\"' "+" ${out}
  StrCpy ${out} '"${out}"'
!macroend

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
    !insertmacro Quoted "$TOKEN" $R0
    !insertmacro Quoted "$CHAT" $R1
    FileWrite $R8 "telegram.token = $R0$\ntelegram.chat_id = $R1$\n"
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

; Ports makes from ports as they were typed "514,1514".
!macro Ports typed out
  Push "${typed}"
  Call PortList
  Pop ${out}
  ${WordReplace} "${out}" '"' "" "+" ${out}
  ${WordReplace} "${out}" ":" "" "+" ${out}
  ${WordReplace} "${out}" " " "" "+" ${out}
  StrCpy ${out} ${out} -1 1       ; without the brackets
!macroend

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
