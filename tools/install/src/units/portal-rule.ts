export interface PortalRule {
  readonly user: string;
  readonly portalUnit: string;
}

/** For polkit: an unprivileged agent may stop and start the portal, no other unit, in no other way. */
export function portalRule({ user, portalUnit }: PortalRule): string {
  return `polkit.addRule(function (action, subject) {
  if (action.id !== "org.freedesktop.systemd1.manage-units") return;
  if (subject.user !== ${JSON.stringify(user)}) return;
  if (action.lookup("unit") !== ${JSON.stringify(portalUnit)}) return;
  var verb = action.lookup("verb");
  if (verb === "start" || verb === "stop") return polkit.Result.YES;
});
`;
}
