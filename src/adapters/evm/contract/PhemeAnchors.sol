// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Anchors of one validator network's results
/// @notice Keeps when the Merkle root of a batch of results was first written here. Whoever holds a result, its proof
/// and this contract's address can show that the result existed by then.
/// @dev A root is the RFC 6962 tree hash (SHA-256; 0x00 before a leaf, 0x01 before a node, the last node of an odd
/// level carried up) over leaf data of 78 bytes: the 14 ASCII bytes `pheme/anchor/1`, the task id (32 bytes), the value
/// id (32 bytes). A value id is the digest of the agreed bytes, which hold the network id, the config digest, the task
/// id, the outcome and every revealed judgement; so the leaf fixes them all.
/// The contract does not judge: that a root is of genuine results follows from the signatures of each result alone.
/// The list of writers keeps strangers from filling it.
contract PhemeAnchors {
    /// @notice The network whose results are anchored: the id that its genesis gives.
    bytes32 public networkId;
    /// @notice May change the list of writers.
    address public owner;
    /// @notice Takes the ownership over by acceptOwnership; zero if nobody is asked to.
    address public pendingOwner;
    /// @notice Who may anchor.
    mapping(address => bool) public writers;
    /// @notice Unix seconds of the block that first anchored a root under a config digest (the network's validators
    /// and rules); 0 if none did.
    mapping(bytes32 configDigest => mapping(bytes32 root => uint256)) public anchoredAt;

    event Anchored(bytes32 indexed configDigest, bytes32 indexed root, address indexed writer);
    event WriterSet(address indexed writer, bool allowed);
    event OwnershipOffered(address indexed from, address indexed to);
    event OwnershipTaken(address indexed from, address indexed to);

    error NotOwner(address caller);
    error NotPendingOwner(address caller);
    error NotWriter(address caller);
    error ZeroRoot();

    modifier onlyOwner() {
        if (msg.sender != owner) revert NotOwner(msg.sender);
        _;
    }

    /// @param network the network's id
    /// @param firstWriters may anchor beside the deployer, who owns the contract
    constructor(bytes32 network, address[] memory firstWriters) {
        networkId = network;
        owner = msg.sender;
        emit OwnershipTaken(address(0), msg.sender);
        _setWriter(msg.sender, true);
        for (uint256 i = 0; i < firstWriters.length; i++) _setWriter(firstWriters[i], true);
    }

    /// @notice Anchors a root. Harmless if it is anchored already: the first time stays, and there is no second event.
    function anchor(bytes32 configDigest, bytes32 root) external {
        if (!writers[msg.sender]) revert NotWriter(msg.sender);
        if (root == bytes32(0)) revert ZeroRoot();
        if (anchoredAt[configDigest][root] != 0) return;
        anchoredAt[configDigest][root] = block.timestamp;
        emit Anchored(configDigest, root, msg.sender);
    }

    function setWriter(address writer, bool allowed) external onlyOwner {
        _setWriter(writer, allowed);
    }

    /// @notice Offers the ownership; it passes when the other one accepts, so that a mistyped address loses nothing.
    function offerOwnership(address to) external onlyOwner {
        pendingOwner = to;
        emit OwnershipOffered(owner, to);
    }

    function acceptOwnership() external {
        if (msg.sender != pendingOwner) revert NotPendingOwner(msg.sender);
        emit OwnershipTaken(owner, msg.sender);
        owner = msg.sender;
        pendingOwner = address(0);
    }

    function _setWriter(address writer, bool allowed) private {
        writers[writer] = allowed;
        emit WriterSet(writer, allowed);
    }
}
