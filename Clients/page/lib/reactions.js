/** The reactions that the page offers, each with a drawing, so that they look alike everywhere. */
export const reactions = [
    { text: "👍", name: "Like", symbol: "icon-like" },
    { text: "❤️", name: "Love", symbol: "icon-heart" },
    { text: "😄", name: "Laugh", symbol: "icon-laugh" },
    { text: "😮", name: "Wow", symbol: "icon-wow" },
    { text: "⭐", name: "Star", symbol: "icon-star" },
];

export const reactionOf = (text) => reactions.find((reaction) => reaction.text === text);

/** `[{text, users}]`, most frequent first. */
export function countReactions(byUser) {
    const users = new Map();
    for (const [user, text] of byUser) users.set(text, [...(users.get(text) ?? []), user]);
    return [...users].map(([text, names]) => ({ text, users: names })).sort((a, b) => b.users.length - a.users.length);
}
