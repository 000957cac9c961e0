; The pages. The first asks nothing that has to be answered: Install installs. Two boxes on it lead
; to two more pages. Where settings are there already, nothing is asked.

Var COMPUTER   ; its name
Var PORT       ; the one to send to: "UDP port 514"
Var FINISH     ; text of the last page
Var BOX1
Var BOX2
Var EDIT1
Var EDIT2
Var RESULT

!define MUI_ICON "${ROOT}/assets/icons/logboom.ico"
!define MUI_UNICON "${ROOT}/assets/icons/logboom.ico"
!define MUI_WELCOMEFINISHPAGE_BITMAP "${ROOT}/out/windows/wizard.bmp"
!define MUI_ABORTWARNING

!define MUI_WELCOMEPAGE_TITLE "$(WelcomeTitle)"
!define MUI_WELCOMEPAGE_TEXT " "
!define MUI_PAGE_CUSTOMFUNCTION_SHOW WelcomeShow
!insertmacro MUI_PAGE_WELCOME

!define MUI_DIRECTORYPAGE_TEXT_TOP "$(DirectoryText)"
!define MUI_PAGE_CUSTOMFUNCTION_PRE DirectoryPre
!insertmacro MUI_PAGE_DIRECTORY

Page custom PortsPage PortsLeave
Page custom TelegramPage TelegramLeave

!insertmacro MUI_PAGE_INSTFILES

!define MUI_FINISHPAGE_TITLE "$(FinishTitle)"
!define MUI_FINISHPAGE_TEXT "$FINISH"
!define MUI_FINISHPAGE_RUN
!define MUI_FINISHPAGE_RUN_TEXT "$(FinishRun)"
!define MUI_FINISHPAGE_RUN_FUNCTION OpenConsole
!define MUI_PAGE_CUSTOMFUNCTION_PRE FinishPre
!insertmacro MUI_PAGE_FINISH

UninstPage custom un.ConfirmPage un.ConfirmLeave
!insertmacro MUI_UNPAGE_INSTFILES

; --- the button that goes on says what it does
Function NextButton            ; $0: 1 if the next thing is to install
  ${If} $0 = 1
    StrCpy $0 "$(ButtonInstall)"
  ${Else}
    StrCpy $0 "$(ButtonNext)"
  ${EndIf}
  GetDlgItem $1 $HWNDPARENT 1
  SendMessage $1 ${WM_SETTEXT} 0 "STR:$0"
FunctionEnd

; --- first page
Function WelcomeShow
  System::Call 'user32::DestroyWindow(p $mui.WelcomePage.Text)'
  ${If} $UPGRADE = 1
    StrCpy $0 "$(UpgradeText)"
  ${Else}
    StrCpy $0 "$(WelcomeText)"
  ${EndIf}
  ${NSD_CreateLabel} 120u 45u 195u 80u "$0"
  Pop $0
  SetCtlColors $0 "${MUI_TEXTCOLOR}" "${MUI_BGCOLOR}"
  ${IfNot} ${FileExists} "$DATA\config.toml"
  ${AndIf} $GIVEN == ""
    ${NSD_CreateCheckbox} 120u 136u 195u 12u "$(WelcomeAlerts)"
    Pop $BOX1
    SetCtlColors $BOX1 "${MUI_TEXTCOLOR}" "${MUI_BGCOLOR}"
    ${NSD_CreateCheckbox} 120u 152u 195u 12u "$(WelcomeChoose)"
    Pop $BOX2
    SetCtlColors $BOX2 "${MUI_TEXTCOLOR}" "${MUI_BGCOLOR}"
    ${NSD_SetState} $BOX1 $ALERTS
    ${NSD_SetState} $BOX2 $CHOOSE
    ${NSD_OnClick} $BOX1 WelcomeClick
    ${NSD_OnClick} $BOX2 WelcomeClick
    Push $BOX1
    Call WelcomeClick
  ${Else}
    StrCpy $0 1
    Call NextButton
  ${EndIf}
FunctionEnd

Function WelcomeClick
  Pop $0
  ${NSD_GetState} $BOX1 $ALERTS
  ${NSD_GetState} $BOX2 $CHOOSE
  StrCpy $0 0
  ${If} $ALERTS <> 1
  ${AndIf} $CHOOSE <> 1
    StrCpy $0 1
  ${EndIf}
  Call NextButton
FunctionEnd

Function DirectoryPre
  ${If} $CHOOSE <> 1
  ${OrIf} $UPGRADE = 1
  ${OrIf} $SETTLED = 1
    Abort
  ${EndIf}
FunctionEnd

; --- ports
Function PortsPage
  ${If} $CHOOSE <> 1
    Abort
  ${EndIf}
  !insertmacro MUI_HEADER_TEXT "$(PortsTitle)" "$(PortsSubtitle)"
  nsDialogs::Create 1018
  Pop $0
  ${NSD_CreateLabel} 0 3u 60u 10u "$(PortsUDP)"
  Pop $0
  ${NSD_CreateText} 62u 0u 120u 13u "$UDP"
  Pop $EDIT1
  ${NSD_CreateLabel} 0 23u 60u 10u "$(PortsTCP)"
  Pop $0
  ${NSD_CreateText} 62u 20u 120u 13u "$TCP"
  Pop $EDIT2
  ${NSD_CreateLabel} 0 42u 100% 30u "$(PortsHint)"
  Pop $0
  ${NSD_CreateCheckbox} 0 84u 100% 12u "$(PortsFirewall)"
  Pop $BOX1
  ${NSD_SetState} $BOX1 $FIREWALL
  ${NSD_CreateCheckbox} 0 100u 100% 12u "$(PortsTray)"
  Pop $BOX2
  ${NSD_SetState} $BOX2 $TRAY
  StrCpy $0 1
  ${If} $ALERTS = 1
    StrCpy $0 0
  ${EndIf}
  Call NextButton
  nsDialogs::Show
FunctionEnd

Function PortsLeave
  ${NSD_GetText} $EDIT1 $UDP
  ${NSD_GetText} $EDIT2 $TCP
  ${NSD_GetState} $BOX1 $FIREWALL
  ${NSD_GetState} $BOX2 $TRAY
  Call Draft
  ${If} $EXIT != 0
    MessageBox MB_OK|MB_ICONEXCLAMATION "$SAID"
    Abort
  ${EndIf}
  StrCpy $R0 "$PLUGINSDIR\logboom.exe"
  StrCpy $R1 "$PLUGINSDIR\config.toml"
  Call Taken
  ${If} $R3 != ""
    MessageBox MB_YESNO|MB_ICONEXCLAMATION "$(PortsTaken)" IDYES +2
    Abort
  ${EndIf}
FunctionEnd

; --- Telegram
Function TelegramPage
  ${If} $ALERTS <> 1
    Abort
  ${EndIf}
  !insertmacro MUI_HEADER_TEXT "$(TelegramTitle)" "$(TelegramSubtitle)"
  nsDialogs::Create 1018
  Pop $0
  ${NSD_CreateLabel} 0 0u 100% 30u "$(TelegramSteps)"
  Pop $0
  ${NSD_CreateLabel} 0 41u 30u 10u "$(TelegramToken)"
  Pop $0
  ${NSD_CreateText} 32u 38u 268u 13u "$TOKEN"
  Pop $EDIT1
  ${NSD_CreateLabel} 0 59u 30u 10u "$(TelegramChat)"
  Pop $0
  ${NSD_CreateText} 32u 56u 120u 13u "$CHAT"
  Pop $EDIT2
  ${NSD_CreateButton} 220u 55u 80u 15u "$(TelegramTest)"
  Pop $0
  ${NSD_OnClick} $0 TelegramClick
  ${NSD_CreateLabel} 0 78u 100% 60u "$(TelegramNone)"
  Pop $RESULT
  StrCpy $0 1
  Call NextButton
  nsDialogs::Show
FunctionEnd

Function TelegramRead
  ${NSD_GetText} $EDIT1 $TOKEN
  ${NSD_GetText} $EDIT2 $CHAT
  ${WordReplace} "$TOKEN" " " "" "{}*" $TOKEN   ; copied with it
  ${WordReplace} "$CHAT" " " "" "{}*" $CHAT
  Call Draft
FunctionEnd

Function TelegramClick
  Pop $0
  ${NSD_SetText} $RESULT "$(TelegramWait)"
  System::Call 'user32::UpdateWindow(p $RESULT)'
  Call TelegramRead
  ${If} $TOKEN == ""
  ${OrIf} $CHAT == ""
    ${NSD_SetText} $RESULT "$(TelegramBoth)"
    Return
  ${EndIf}
  ${If} $EXIT = 0
    !insertmacro Run '"$PLUGINSDIR\logboom.exe" --config "$PLUGINSDIR\config.toml" alerts test'
    Call Plain
  ${EndIf}
  ${If} $EXIT = 0
    ${NSD_SetText} $RESULT "$(TelegramSent)"
  ${Else}
    ${NSD_SetText} $RESULT "$SAID"
  ${EndIf}
FunctionEnd

Function TelegramLeave
  Call TelegramRead
  ${If} $EXIT != 0
    ${NSD_SetText} $RESULT "$SAID"
    Abort
  ${EndIf}
  StrCpy $0 "$TOKEN$CHAT"
  ${If} $0 != ""
    ${If} $TOKEN == ""
    ${OrIf} $CHAT == ""
      ${NSD_SetText} $RESULT "$(TelegramBoth)"
      Abort
    ${EndIf}
  ${EndIf}
FunctionEnd

; --- last page
Function FinishPre
  ReadEnvStr $COMPUTER COMPUTERNAME
  ${If} $KEPT = 1
    StrCpy $FINISH "$(FinishKept)"
    Return
  ${EndIf}
  !insertmacro Ports "$UDP" $R0
  StrCpy $PORT "UDP"
  ${If} $R0 == ""
    !insertmacro Ports "$TCP" $R0
    StrCpy $PORT "TCP"
  ${EndIf}
  ${WordFind} "$R0," "," "+1" $R0
  StrCpy $PORT "$PORT port $R0"
  StrCpy $FINISH "$(FinishText)"
FunctionEnd

; explorer.exe starts things without the rights that setup has.
Function OpenConsole
  Exec '"$WINDIR\explorer.exe" "${CONSOLE}"'
FunctionEnd

; --- the uninstaller's page
Function un.ConfirmPage
  !insertmacro MUI_HEADER_TEXT "$(^UninstallCaption)" "$(UninstallText)"
  nsDialogs::Create 1018
  Pop $0
  ${NSD_CreateCheckbox} 0 6u 100% 12u "$(UninstallPurge)"
  Pop $BOX1
  ${NSD_SetState} $BOX1 $PURGE
  ${NSD_CreateLabel} 12u 22u 280u 20u "$(UninstallKeeps)"
  Pop $0
  nsDialogs::Show
FunctionEnd

Function un.ConfirmLeave
  ${NSD_GetState} $BOX1 $PURGE
FunctionEnd
